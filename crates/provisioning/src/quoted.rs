//! Foreign text as people read it: names, addresses and group names on a terminal, in holds and on the trail.

use std::fmt::{self, Write as _};

/// A value between quotes, in its real characters. Escaped are the quote, the backslash, and what a reader would not see or
/// a terminal would obey: control characters, marks that turn the direction of text, and characters without a shape. Whoever
/// names themselves cannot forge a line that way, and two values that look alike are seen to differ.
///
/// ```
/// use provisioning::Quoted;
/// assert_eq!(Quoted("Zoë O'Neill, 山田").to_string(), "\"Zoë O'Neill, 山田\"");
/// assert_eq!(Quoted("a\u{202e}b\"\n").to_string(), r#""a\u{202e}b\"\n""#);
/// ```
#[derive(Clone, Copy)]
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                c if unseen(c) => write!(f, "{}", c.escape_default())?,
                c => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}

/// A value without quotes, where a line names somebody: as [`Quoted`], but quotes and backslashes stay as they are.
#[derive(Clone, Copy)]
pub struct Plain<'a>(pub &'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .chars()
            .try_for_each(|c| if unseen(c) { write!(f, "{}", c.escape_default()) } else { f.write_char(c) })
    }
}

/// Whole lines for a terminal: line ends and tabs stay, what [`Quoted`] would escape besides quotes and backslashes is
/// escaped. Nothing is copied if there is nothing of the kind.
#[must_use]
pub fn harmless(text: &str) -> std::borrow::Cow<'_, str> {
    let harms = |c: char| unseen(c) && c != '\n' && c != '\t' && c != '\u{a0}';
    if !text.contains(harms) {
        return text.into();
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if harms(c) { safe.extend(c.escape_default()) } else { safe.push(c) }
    }
    safe.into()
}

/// Characters that cannot be seen where they stand, or that change how others are shown (Unicode's Cc, Cf, Zl, Zp and the
/// white space that looks like a plain space). The ideographic space can be seen, and stands in names.
fn unseen(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && !matches!(c, ' ' | '\u{3000}'))
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}'
            | '\u{8e2}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_shown_in_their_own_characters() {
        for text in [
            "Zoë Østergård",
            "सूर्य कुमार",
            "ศิริพร",
            "محمد علي",
            "山田\u{3000}太郎",
            "Nguyễn",
            "e\u{301}",
            "👩",
            "O'Neill",
        ] {
            assert_eq!(Quoted(text).to_string(), format!("\"{text}\""));
            assert_eq!(harmless(text), text);
        }
    }

    #[test]
    fn what_a_terminal_would_obey_or_nobody_would_see_is_escaped() {
        let said = |text: &str| Quoted(text).to_string();
        insta::assert_snapshot!(said("a\"b\\c"), @r#""a\"b\\c""#);
        insta::assert_snapshot!(said("\u{1b}[31mred\u{7}\u{9b}"), @r#""\u{1b}[31mred\u{7}\u{9b}""#);
        insta::assert_snapshot!(said("Ann\n  in sync\r"), @r#""Ann\n  in sync\r""#);
        insta::assert_snapshot!(said("nna\u{202e}\u{2066}\u{200b}\u{feff}\u{e0041}"), @r#""nna\u{202e}\u{2066}\u{200b}\u{feff}\u{e0041}""#);
        insta::assert_snapshot!(said("Ann\u{a0}Lee"), @r#""Ann\u{a0}Lee""#);
    }

    #[test]
    fn a_name_stays_on_its_line() {
        assert_eq!(Plain("Ann \"A\"\nLee").to_string(), "Ann \"A\"\\nLee");
    }

    #[test]
    fn lines_keep_their_ends_and_lose_what_is_obeyed() {
        assert_eq!(harmless("a \"b\"\n\tc\\"), "a \"b\"\n\tc\\");
        assert_eq!(harmless("a\u{1b}[2J\u{202e}b\n"), "a\\u{1b}[2J\\u{202e}b\n");
    }
}
