//! The vectors of the repository's tests/vectors, read as the README.md there says.

use std::path::Path;

use framing_core::codec::{
    Align, BinaryHeader, ByteOrder, DecimalHeader, Fill, FrameDecoder, HeaderFormat, NetstringHeader,
    Unit, VarintHeader,
};
use serde::{Deserialize, Deserializer};

/// Fewer than this, and some have not been found.
const MIN_VECTORS: usize = 600;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Vector {
    pub(super) name: String,
    #[serde(default)]
    pub(super) header: Header,
    pub(super) max_frame_size: Option<u64>,
    #[serde(default)]
    pub(super) keep_header: bool,
    pub(super) stream: Data,
    pub(super) frames: Vec<Data>,
    pub(super) end: End,
    #[serde(default)]
    pub(super) left: Data,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Header {
    Named(Named),
    Decimal(Decimal),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Named {
    Binary(Binary),
    Varint(Varint),
    Netstring(Netstring),
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Decimal {
    width: Option<usize>,
    align: Option<char>,
    fill: Option<char>,
    unit: Option<String>,
    #[serde(default)]
    strict: bool,
    #[serde(default)]
    length_offset: usize,
    size: Option<usize>,
    fields: Option<Data>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Binary {
    length_size: Option<usize>,
    byteorder: Option<String>,
    #[serde(default)]
    length_offset: usize,
    #[serde(default)]
    length_adjustment: i64,
    size: Option<usize>,
    fields: Option<Data>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Varint {
    max_bytes: Option<usize>,
    #[serde(default)]
    strict: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Netstring {
    max_digits: Option<usize>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Data {
    Piece(Piece),
    Pieces(Vec<Piece>),
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(super) enum Piece {
    Text { text: String },
    Hex { hex: String },
    Repeat { repeat: String, count: usize },
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum End {
    Clean,
    Truncated {
        stage: String,
        expected: usize,
        received: usize,
        #[serde(default, deserialize_with = "said")]
        hint: Option<Hint>,
    },
    Error(Fault),
}

#[derive(Deserialize)]
#[serde(tag = "kind", deny_unknown_fields)]
pub(super) enum Fault {
    InvalidHeader {
        header: Data,
        offset: u64,
        /// `None` where nothing is said about it.
        #[serde(default, deserialize_with = "said")]
        hint: Option<Hint>,
    },
    FrameTooLarge {
        length: String,
        limit: u64,
        offset: u64,
        #[serde(default, deserialize_with = "said")]
        hint: Option<Hint>,
    },
    InvalidPayload {
        offset: u64,
        reason: String,
    },
}

/// A phrase of the hint's sentence, or `None` where there must be no hint.
#[derive(Deserialize)]
pub(super) struct Hint(pub(super) Option<String>);

/// All of them, from every file.
pub(super) fn vectors() -> Vec<Vector> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    let mut vectors: Vec<Vector> = Vec::new();
    for entry in directory.read_dir().expect("tests/vectors is there") {
        let path = entry.expect("tests/vectors can be listed").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let text = std::fs::read_to_string(&path).expect("a vector file can be read");
            let more: Vec<Vector> =
                serde_json::from_str(&text).unwrap_or_else(|error| fail(&path.display(), &error));
            vectors.extend(more);
        }
    }
    assert!(vectors.len() >= MIN_VECTORS, "only {} vectors", vectors.len());
    vectors
}

/// Ends the test: what was found at `place` is none of what may be there.
#[expect(clippy::panic, reason = "how a test fails")]
pub(super) fn fail(place: &impl std::fmt::Display, found: &impl std::fmt::Debug) -> ! {
    panic!("{place}: {found:?}")
}

impl Vector {
    pub(super) fn decoder(&self) -> FrameDecoder {
        let decoder = FrameDecoder::new(self.header.format()).with_keep_header(self.keep_header);
        match self.max_frame_size {
            Some(limit) => decoder.with_max_frame_size(limit).expect("a vector's limit is possible"),
            None => decoder,
        }
    }
}

impl Header {
    pub(super) fn format(&self) -> HeaderFormat {
        match self {
            Self::Decimal(it) => it.header().into(),
            Self::Named(Named::Binary(it)) => it.header().into(),
            Self::Named(Named::Varint(it)) => it.header().into(),
            Self::Named(Named::Netstring(it)) => it.header().into(),
        }
    }
}

impl Default for Header {
    fn default() -> Self {
        Self::Decimal(Decimal::default())
    }
}

impl Decimal {
    fn header(&self) -> DecimalHeader {
        let align = match self.align {
            None | Some('<') => Align::Left,
            Some('>') => Align::Right,
            Some('^') => Align::Center,
            Some(other) => fail(&"align", &other),
        };
        let fill = match self.fill {
            None | Some(' ') => Fill::Space,
            Some('0') => Fill::Zero,
            Some(other) => fail(&"fill", &other),
        };
        let unit = match self.unit.as_deref() {
            None | Some("bytes") => Unit::Bytes,
            Some("chars") => Unit::Chars,
            Some(other) => fail(&"unit", &other),
        };
        let width = self.width.unwrap_or(DecimalHeader::default().width());
        let size = self.size.unwrap_or(self.length_offset + width);
        let header = DecimalHeader::new(width)
            .and_then(|header| header.with_padding(align, fill))
            .and_then(|header| header.with_place(self.length_offset, size))
            .expect("a vector's header is possible");
        let fields = self.fields.as_ref().map(Data::bytes);
        fields
            .map_or_else(|| Ok(header.clone()), |fields| header.clone().with_fields(&fields))
            .expect("a vector's fields are as many as there can be")
            .with_unit(unit)
            .with_strict(self.strict)
    }
}

impl Binary {
    fn header(&self) -> BinaryHeader {
        let order = match self.byteorder.as_deref() {
            None | Some("big") => ByteOrder::Big,
            Some("little") => ByteOrder::Little,
            Some(other) => fail(&"byteorder", &other),
        };
        let length_size = self.length_size.unwrap_or(4);
        let size = self.size.unwrap_or(self.length_offset + length_size);
        let header = BinaryHeader::new(length_size)
            .and_then(|header| header.with_place(self.length_offset, size))
            .and_then(|header| header.with_adjustment(self.length_adjustment))
            .expect("a vector's header is possible")
            .with_byte_order(order);
        let fields = self.fields.as_ref().map(Data::bytes);
        fields
            .map_or_else(|| Ok(header.clone()), |fields| header.clone().with_fields(&fields))
            .expect("a vector's fields are as many as there can be")
    }
}

impl Varint {
    fn header(&self) -> VarintHeader {
        self.max_bytes
            .map_or_else(|| Ok(VarintHeader::default()), VarintHeader::new)
            .expect("a vector's header is possible")
            .with_strict(self.strict)
    }
}

impl Netstring {
    fn header(&self) -> NetstringHeader {
        self.max_digits
            .map_or_else(|| Ok(NetstringHeader::default()), NetstringHeader::new)
            .expect("a vector's header is possible")
    }
}

impl Data {
    pub(super) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Piece(piece) => piece.bytes(),
            Self::Pieces(pieces) => pieces.iter().flat_map(Piece::bytes).collect(),
        }
    }
}

impl Default for Data {
    fn default() -> Self {
        Self::Pieces(Vec::new())
    }
}

impl Piece {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text { text } => text.clone().into_bytes(),
            Self::Hex { hex } => {
                let digits: String = hex.split_ascii_whitespace().collect();
                (0..digits.len())
                    .step_by(2)
                    .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hex is hex"))
                    .collect()
            }
            Self::Repeat { repeat, count } => repeat.repeat(*count).into_bytes(),
        }
    }
}

/// A key that is there, be its value `null`.
fn said<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Hint>, D::Error> {
    Hint::deserialize(value).map(Some)
}
