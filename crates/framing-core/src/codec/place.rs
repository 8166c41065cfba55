//! Where in a header its length stands, and what is written around it.

use std::ops::Range;
use std::sync::Arc;

use super::error::ConfigError;
use super::format::MAX_HEADER_SIZE;

/// The place of a length among the other bytes of its header, which are the header's fields.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    offset: u16,
    /// The bytes of the length, at least 1.
    width: u16,
    /// The bytes of the header: at least `offset + width`, at most [`MAX_HEADER_SIZE`].
    size: u16,
    /// What is written where a sender gives no fields. Shared, so that a copy of a header costs no copy of these;
    /// one that has none costs nothing. Behind one thin pointer, because decoders are many.
    fields: Option<Arc<Box<[u8]>>>,
}

impl Place {
    /// The tutorial's header.
    pub(super) const TEN_BYTES: Self = Self { offset: 0, width: 10, size: 10, fields: None };

    /// A header that is its length and nothing else. `None` unless `width` is 1 to [`MAX_HEADER_SIZE`].
    pub(super) fn alone(width: usize) -> Option<Self> {
        let narrow = u16::try_from(width).ok().filter(|_| (1..=MAX_HEADER_SIZE).contains(&width))?;
        Some(Self { offset: 0, width: narrow, size: narrow, fields: None })
    }

    /// The same length at index `offset` of a header of `size` bytes, without default fields.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`].
    pub(super) fn moved(&self, offset: usize, size: usize) -> Result<Self, ConfigError> {
        let highest = MAX_HEADER_SIZE - self.width();
        let refused = |name, low: usize, high: usize, given: usize| ConfigError::OutOfRange {
            name,
            low: low as u64,
            high: high as u64,
            given: given as u64,
        };
        let narrow_offset = u16::try_from(offset)
            .ok()
            .filter(|_| offset <= highest)
            .ok_or_else(|| refused("length_offset", 0, highest, offset))?;
        let least = offset + self.width();
        let narrow_size = u16::try_from(size)
            .ok()
            .filter(|_| (least..=MAX_HEADER_SIZE).contains(&size))
            .ok_or_else(|| refused("size", least, MAX_HEADER_SIZE, size))?;
        Ok(Self { offset: narrow_offset, width: self.width, size: narrow_size, fields: None })
    }

    /// The same place with other default fields.
    ///
    /// # Errors
    /// [`ConfigError::Fields`] unless `fields` has [`fields_size`](Self::fields_size) bytes.
    pub(super) fn with_fields(self, fields: &[u8]) -> Result<Self, ConfigError> {
        let (size, given) = (self.fields_size(), fields.len());
        if given != size {
            return Err(ConfigError::Fields { size, given });
        }
        // No bytes are no choice: headers that write the same are equal.
        Ok(Self { fields: (size > 0).then(|| Arc::new(fields.into())), ..self })
    }

    /// Writes what stands around the length, and gives the place of the length.
    ///
    /// `fields` has all of them, or no byte: then the default ones are written, or `fill` where there are none.
    pub(super) fn surround<'out>(
        &self,
        fields: &[u8],
        fill: u8,
        out: &'out mut [u8],
    ) -> &'out mut [u8] {
        let (before, rest) = out.split_at_mut(self.offset());
        let (length, after) = rest.split_at_mut(self.width());
        let fields = if fields.is_empty() { self.fields().unwrap_or_default() } else { fields };
        if fields.is_empty() {
            before.fill(fill);
            after.fill(fill);
        } else {
            let (in_front, behind) = fields.split_at(before.len());
            before.copy_from_slice(in_front);
            after.copy_from_slice(behind);
        }
        length
    }

    /// The default fields.
    pub(super) fn fields(&self) -> Option<&[u8]> {
        self.fields.as_ref().map(|fields| &fields[..])
    }

    /// The bytes of the header that are not its length.
    #[inline]
    pub(super) fn fields_size(&self) -> usize {
        self.size() - self.width()
    }

    /// The index of the length's first byte.
    #[inline]
    pub(super) fn offset(&self) -> usize {
        self.offset.into()
    }

    /// The bytes of the length.
    #[inline]
    pub(super) fn width(&self) -> usize {
        self.width.into()
    }

    /// The bits of the length.
    #[inline]
    pub(super) fn bits(&self) -> u32 {
        8 * u32::from(self.width)
    }

    /// The bytes of the header.
    #[inline]
    pub(super) fn size(&self) -> usize {
        self.size.into()
    }

    /// The indices of the length.
    #[inline]
    pub(super) fn range(&self) -> Range<usize> {
        self.offset()..self.offset() + self.width()
    }

    /// How many bytes there must be so that the header is whole, and its length can be read as part of eight.
    pub(super) fn reach(&self) -> u16 {
        // An offset is far below 2^16.
        self.size.max(self.offset + 8)
    }

    /// Whether the header is its length and nothing else.
    #[inline]
    pub(super) fn is_alone(&self) -> bool {
        self.size == self.width
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(place: &Place) -> u64 {
        use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
        BuildHasherDefault::<DefaultHasher>::default().hash_one(place)
    }

    #[test]
    fn places_are_compared_by_what_is_written_there() {
        let place = Place::alone(2).unwrap().moved(1, 5).unwrap();
        let same = place.clone().with_fields(b"abc").unwrap();
        let again = place.clone().with_fields(&"abc".to_owned().into_bytes()).unwrap();
        assert_eq!((&same, hash(&same)), (&again, hash(&again)));
        assert_ne!(same, place);
        assert_ne!(same, place.with_fields(b"abd").unwrap());
        // A header without fields has no default ones either.
        let alone = Place::alone(2).unwrap();
        assert_eq!(alone.clone().with_fields(b"").unwrap(), alone);
    }

    #[test]
    fn fields_of_another_size_are_refused() {
        let place = Place::alone(2).unwrap().moved(1, 5).unwrap();
        for given in [0, 1, 2, 4, 5] {
            let refused = place.clone().with_fields(&[b'x'; 5][..given]);
            assert_eq!(refused, Err(ConfigError::Fields { size: 3, given }));
        }
        // Fields that were chosen for one place do not fit another one.
        assert_eq!(place.clone().with_fields(b"abc").unwrap().moved(1, 5).unwrap(), place);
    }

    #[test]
    fn the_length_stands_inside_the_header() {
        let range = |name, low, high, given| ConfigError::OutOfRange { name, low, high, given };
        assert!(Place::alone(0).is_none() && Place::alone(4097).is_none());
        assert!(Place::alone(65_537).is_none());
        let place = Place::alone(4).unwrap();
        assert_eq!(place.moved(4093, 4097), Err(range("length_offset", 0, 4092, 4093)));
        assert_eq!(place.moved(4092, 4096).unwrap().range(), 4092..4096);
        assert_eq!(place.moved(3, 6), Err(range("size", 7, 4096, 6)));
        assert_eq!(place.moved(3, 4097), Err(range("size", 7, 4096, 4097)));
        assert!(place.is_alone() && place.moved(0, 4).unwrap().is_alone());
        assert!(!place.moved(1, 5).unwrap().is_alone() && !place.moved(0, 5).unwrap().is_alone());
    }
}
