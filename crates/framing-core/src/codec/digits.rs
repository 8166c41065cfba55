//! Decimal digits, eight at a time.

/// Eight times the digit zero: a digit becomes its value, 0 to 9, by an exclusive or.
pub(super) const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);

/// The bits of the first byte that is not 0 to 9, as a number of bits from the lowest: of `values`, in which the first
/// byte of a text is the lowest one. 64 where all are.
#[inline]
pub(super) fn bits_before_other(values: u64) -> u32 {
    // Each byte of a digit leaves its high bit clear; a carry out of a byte that is no digit only reaches bytes
    // behind it.
    let others = (values | values.wrapping_add(0x7676_7676_7676_7676)) & 0x8080_8080_8080_8080;
    others.trailing_zeros() & !7
}

/// The number whose eight decimal digits are the bytes of `digits`, the most significant one lowest.
#[inline]
pub(super) fn sum(digits: u64) -> u64 {
    // Pairs, then fours, then eight: each multiplication adds neighbours at their weights.
    const PAIRS: u64 = 0x0000_00ff_0000_00ff;
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let high = (pairs & PAIRS).wrapping_mul(100 + (1_000_000 << 32));
    let low = ((pairs >> 16) & PAIRS).wrapping_mul(1 + (10_000 << 32));
    high.wrapping_add(low) >> 32
}

/// Numbers below this have at most eight digits.
const TOO_MANY: u64 = 100_000_000;

/// The decimal text of a number of at most eight digits: the digits in front, the first one lowest, and spaces
/// behind them; and how many digits there are.
#[inline]
pub(super) fn word(number: u64) -> Option<(u64, usize)> {
    const SPACES: u64 = u64::from_le_bytes([b' '; 8]);
    if number >= TOO_MANY {
        return None;
    }
    // Fours, then pairs, then single digits: each number is split into what is above and below its middle, and
    // the quotients are exact for numbers of so few digits.
    let fours =
        if number < 10_000 { number << 32 } else { (number / 10_000) | ((number % 10_000) << 32) };
    let high = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let pairs = high | (fours - high * 100) << 16;
    let high = ((pairs * 103) >> 10) & 0x000f_000f_000f_000f;
    let digits = high | (pairs - high * 10) << 8;
    // Zero is a digit.
    let leading = (digits | 1 << 63).trailing_zeros() & !7;
    let spaces = if leading == 0 { 0 } else { SPACES << (64 - leading) };
    Some(((digits | ZEROS) >> leading | spaces, 8 - leading as usize / 8))
}

/// The decimal text of a number.
pub(super) struct Digits {
    /// The digits at the right end.
    text: [u8; Self::MOST],
    start: usize,
}

impl Digits {
    /// The digits of `u64::MAX`.
    pub(super) const MOST: usize = 20;

    #[inline]
    pub(super) fn of(number: u64) -> Self {
        let mut text = [b'0'; Self::MOST];
        let mut start = Self::MOST;
        let mut number = number;
        while start > 0 {
            start -= 1;
            text[start] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        Self { text, start }
    }

    /// The digits alone.
    #[inline]
    pub(super) fn digits(&self) -> &[u8] {
        &self.text[self.start..]
    }
}

/// The runs that decimal text in a field, or the beginning of one, consists of: spaces, digits, spaces.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Runs {
    pub(super) lead: u16,
    pub(super) digits: u16,
    pub(super) trail: u16,
    /// The first digit is `0`.
    pub(super) zero: bool,
    /// Saturates at `u64::MAX`, which is above every limit.
    pub(super) value: u64,
}

impl Runs {
    /// Takes one more byte; `false` where it can follow nothing that came before it. Fields have fewer than 2^16
    /// bytes.
    pub(super) fn push(&mut self, byte: u8) -> bool {
        #[cfg(test)]
        counting::push();
        match byte {
            b' ' if self.digits == 0 => self.lead += 1,
            b' ' => self.trail += 1,
            b'0'..=b'9' if self.trail == 0 => {
                self.zero |= self.digits == 0 && byte == b'0';
                self.digits += 1;
                self.value = self.value.saturating_mul(10).saturating_add(u64::from(byte - b'0'));
            }
            _ => return false,
        }
        true
    }
}

/// How many bytes this thread has looked at, for tests of how often a header is read.
#[cfg(test)]
pub(super) mod counting {
    use std::cell::Cell;

    thread_local!(static PUSHED: Cell<usize> = const { Cell::new(0) });

    pub(super) fn push() {
        PUSHED.set(PUSHED.get() + 1);
    }

    pub(in crate::codec) fn pushed() -> usize {
        PUSHED.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_at_a_time_as_one_by_one() {
        let numbers = (0..=8).flat_map(|power| {
            let power = 10_u64.pow(power);
            [power - 1, power, power + 1, power * 7 / 3, power * 9 - 1, power * 98_765_432 % TOO_MANY]
        });
        for number in (0..20_000).chain(numbers).chain((0..TOO_MANY).step_by(9_973)) {
            let digits = number.to_string();
            assert_eq!(Digits::of(number).digits(), digits.as_bytes());
            let Some((text, count)) = word(number) else {
                assert!(number >= TOO_MANY);
                continue;
            };
            assert_eq!(text.to_le_bytes(), *format!("{number:<8}").as_bytes());
            assert_eq!(count, digits.len());
            assert_eq!(bits_before_other(text ^ ZEROS) as usize, 8 * count);
        }
    }
}
