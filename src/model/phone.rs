/// The digits of a phone number's E.164 form, without the `+`; `None` for a text that cannot become one.
///
/// Punctuation does not count, and ten digits are a US number: the platform's guides say that it saves them so.
pub fn e164(text: &str) -> Option<String> {
    let text = text.trim();
    if !text.chars().all(|c| c.is_ascii_digit() || " +-.()/\u{a0}".contains(c)) {
        return None;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    match (text.starts_with('+'), digits.len()) {
        (true, 7..=15) => Some(digits),
        (false, 10) => Some(format!("1{digits}")),
        (false, 11) if digits.starts_with('1') => Some(digits),
        _ => None,
    }
}
