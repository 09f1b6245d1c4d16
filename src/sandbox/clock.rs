//! The sandbox's time and its ids: both are counted, so that the same requests always give the same answers.

/// Seconds from the epoch to the beginning of the sandbox's time, 2026-01-01T00:00:00Z.
const BEGINNING: u64 = 1_767_225_600;

const DAY: u64 = 86_400;

/// The moment that is so many seconds after the beginning, as RFC 3339 writes it.
pub(super) fn moment(ticks: u64) -> String {
    let seconds = BEGINNING.saturating_add(ticks);
    let (year, month, day) = civil(seconds / DAY);
    let second = seconds % DAY;
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}.000Z", second % 60)
}

/// The date that is so many days after the epoch, by the proleptic Gregorian calendar.
///
/// Counts in eras of 400 years that begin on a first of March, so that a leap day ends its year.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

/// Spreads a number over 64 bits (splitmix64): different numbers always give different ones.
pub(super) const fn spread(number: u64) -> u64 {
    let mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The text of an id: `prefix`, and 16 letters that the seed and the count decide.
pub(super) fn id_text(prefix: &str, seed: u64, count: u64) -> String {
    format!("{prefix}_{:016x}", spread(seed.rotate_left(32).wrapping_add(count)))
}
