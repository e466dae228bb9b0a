//! One spelling of "a value worth writing".

/// The most characters of most strings (JumpCloud API 1.0, systemusers).
const MAX: usize = 1024;

/// A value as it is written: control characters become spaces, white space around it goes, and what exceeds JumpCloud's 1024
/// characters is cut off. `None` when nothing is left.
pub(crate) fn clean(text: &str) -> Option<String> {
    let spaced;
    // Most values are plain, and each person has ten of them.
    let trimmed = if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) || !text.contains(char::is_control)
    {
        trim(text)
    } else {
        spaced = text.replace(char::is_control, " ");
        spaced.trim()
    };
    // So many bytes are at most as many characters.
    let fits = trimmed.len() <= MAX;
    let end = if fits { None } else { trimmed.char_indices().nth(MAX) };
    let cut = end.map_or(trimmed, |(end, _)| trimmed[..end].trim_end());
    (!cut.is_empty()).then(|| cut.to_owned())
}

/// [`str::trim`], in no time where there is nothing to trim.
pub(crate) fn trim(text: &str) -> &str {
    let ends = [text.as_bytes().first(), text.as_bytes().last()];
    if ends.iter().all(|end| end.is_some_and(u8::is_ascii_graphic)) { text } else { text.trim() }
}

/// [`clean`] for a field that may be missing.
pub(crate) fn cleaned(text: Option<&str>) -> Option<String> {
    text.and_then(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_trimmed_freed_of_controls_and_cut_by_characters() {
        assert_eq!(clean(" a\u{0}b\n"), Some("a b".to_owned()));
        assert_eq!(clean(" \t\u{1}"), None);
        assert_eq!(clean("\u{2003}ä \u{85}").as_deref(), Some("ä"));
        assert_eq!((trim(""), trim(" "), trim("a\u{a0}"), trim("a b")), ("", "", "a", "a b"));
        assert_eq!(clean(&"ü".repeat(2000)).map(|v| v.chars().count()), Some(1024));
        let cut_at_a_space = format!("{} {}", "a".repeat(1023), "b");
        assert_eq!(clean(&cut_at_a_space).map(|v| v.len()), Some(1023));
    }
}
