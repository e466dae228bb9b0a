//! The username rule. A username is set once and never changed, so it must be right, and free, the first time.

use deunicode::deunicode_char;

use crate::ids::Username;
use crate::policy::Policy;
use crate::reason::SkipReason;
use crate::reserved::is_reserved;
use crate::values::PersonNames;

/// More than any username keeps of one part.
const ENOUGH: usize = 64;

/// Usernames for a person, best first: `alpha.zed`, `alpha.zed1`, `alpha.zed2`, … System names are left out. The iterator
/// ends only when no number fits any more, which is past 9,999 for the shortest maximum.
///
/// Each part is written in ASCII, in lower case, with what is not `[a-z0-9_-]` left out; what stands before the first
/// letter goes. If that is longer than the policy's maximum, the last name is cut, down to one character, then the first;
/// the number is kept.
///
/// # Errors
/// [`SkipReason::NoName`] without any name, [`SkipReason::UnusableName`] when nothing of it can be written.
pub fn candidates(
    names: &PersonNames,
    policy: &Policy,
) -> Result<impl Iterator<Item = Username> + use<>, SkipReason> {
    if names.first.is_none() && names.last.is_none() {
        return Err(SkipReason::NoName);
    }
    let part = |name: &Option<String>| name.as_deref().map(ascii).unwrap_or_default();
    let (first, last) = start_with_a_letter(&part(&names.first), &part(&names.last));
    if first.is_empty() {
        return Err(SkipReason::UnusableName);
    }
    let max = policy.username_max.clamp(8, 64);
    Ok((0_u64..)
        .map_while(move |n| {
            let name = fit(&first, &last, n, max)?;
            Some((!is_repeated(&first, &last, n, max, &name)).then_some(name))
        })
        .flatten()
        .filter(|name| !is_reserved(name))
        .filter_map(|name| Username::parse(&name).ok()))
}

/// One part of a name in `[a-z0-9_-]`; empty if that leaves no letter or digit (a placeholder such as "-" is no name).
/// Symbols and pictures are left out rather than spelled: nobody is called "grinning face".
fn ascii(name: &str) -> String {
    let text: String = name
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
        .filter_map(deunicode_char)
        .flat_map(str::chars)
        .map(|c| c.to_ascii_lowercase())
        .filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-'))
        .take(ENOUGH * 2)
        .collect();
    if text.contains(|c: char| c.is_ascii_alphanumeric()) { text } else { String::new() }
}

/// Drops what stands before the first letter; a part of which nothing is left is no part.
fn start_with_a_letter(first: &str, last: &str) -> (String, String) {
    let from_letter = |part: &str| part.trim_start_matches(|c: char| !c.is_ascii_lowercase()).to_owned();
    match from_letter(first) {
        start if start.is_empty() => (from_letter(last), String::new()),
        start => (start, last.to_owned()),
    }
}

/// The name with number `n` (none for 0) in at most `max` characters; `None` when the number leaves no room for it.
fn fit(first: &str, last: &str, n: u64, max: usize) -> Option<String> {
    let number = if n == 0 { String::new() } else { n.to_string() };
    let room = max.checked_sub(number.len())?;
    if last.is_empty() {
        return (room > 0).then(|| format!("{}{number}", cut(first, room)));
    }
    // "f.l": one character of each and the dot always stay.
    let room = room.checked_sub(3)? + 2;
    let last_keeps = room.saturating_sub(first.len()).max(1).min(last.len());
    let first = cut(first, room - last_keeps);
    Some(format!("{first}.{}{number}", cut(last, last_keeps)))
}

/// Whether an earlier number gave this name. Where a cut name ends in digits it can: `a1` is `a1` cut and `a` numbered 1.
fn is_repeated(first: &str, last: &str, n: u64, max: usize, name: &str) -> bool {
    let digits = n.to_string();
    let earlier = (1..=digits.len()).map(|from| &digits[from..]).filter(|rest| !rest.starts_with('0'));
    let numbers = earlier.filter_map(|rest| if rest.is_empty() { Some(0) } else { rest.parse().ok() });
    n > 0 && numbers.into_iter().any(|number: u64| fit(first, last, number, max).as_deref() == Some(name))
}

/// The first characters of an ASCII text.
fn cut(text: &str, max: usize) -> &str {
    &text[..text.len().min(max)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(first: &str, last: &str) -> PersonNames {
        let text = |t: &str| (!t.is_empty()).then(|| t.to_owned());
        PersonNames { first: text(first), last: text(last), full: None }
    }

    fn first_three(first: &str, last: &str, username_max: usize) -> String {
        let policy = Policy { username_max, ..Policy::default() };
        match candidates(&names(first, last), &policy) {
            Ok(names) => names.take(3).map(String::from).collect::<Vec<_>>().join(" "),
            Err(reason) => reason.as_str().to_owned(),
        }
    }

    #[test]
    fn first_and_last_name_are_joined_and_taken_ones_get_a_number() {
        insta::assert_snapshot!(first_three("Alpha", "Zed", 30), @"alpha.zed alpha.zed1 alpha.zed2");
        insta::assert_snapshot!(first_three("Mary Jane", "O'Neill-Smith", 30), @"maryjane.oneill-smith maryjane.oneill-smith1 maryjane.oneill-smith2");
    }

    #[test]
    fn names_are_transliterated() {
        insta::assert_snapshot!(first_three("Łukasz", "Żółć", 30), @"lukasz.zolc lukasz.zolc1 lukasz.zolc2");
        insta::assert_snapshot!(first_three("Jürgen", "Groß", 30), @"jurgen.gross jurgen.gross1 jurgen.gross2");
        insta::assert_snapshot!(first_three("Αλέξανδρος", "Παπαδόπουλος", 30), @"alexandros.papadopoulos alexandros.papadopoulos1 alexandros.papadopoulos2");
        insta::assert_snapshot!(first_three("伟", "王", 30), @"wei.wang wei.wang1 wei.wang2");
        insta::assert_snapshot!(first_three("محمد", "علي", 30), @"mhmd.ly mhmd.ly1 mhmd.ly2");
        insta::assert_snapshot!(first_three("Jose\u{301}", "N\u{303}an\u{303}ez", 30), @"jose.nanez jose.nanez1 jose.nanez2");
    }

    #[test]
    fn one_part_stands_alone_and_its_number_is_at_its_end() {
        insta::assert_snapshot!(first_three("", "Cher", 30), @"cher cher1 cher2");
        insta::assert_snapshot!(first_three("Cher", "-", 30), @"cher cher1 cher2");
        insta::assert_snapshot!(first_three("☃☃", "Cher", 30), @"cher cher1 cher2");
    }

    #[test]
    fn it_starts_with_a_letter() {
        insta::assert_snapshot!(first_three("3-Alpha", "9th", 30), @"alpha.9th alpha.9th1 alpha.9th2");
        insta::assert_snapshot!(first_three("42", "_Zed", 30), @"zed zed1 zed2");
    }

    #[test]
    fn nothing_left_is_said() {
        insta::assert_snapshot!(first_three("", "", 30), @"no_name");
        insta::assert_snapshot!(first_three("☃★", "🙂 !", 30), @"unusable_name");
        insta::assert_snapshot!(first_three("42", "", 30), @"unusable_name");
    }

    #[test]
    fn the_last_name_is_cut_then_the_first_and_the_number_is_kept() {
        insta::assert_snapshot!(first_three("alexander", "hamilton", 12), @"alexander.ha alexander.h1 alexander.h2");
        insta::assert_snapshot!(first_three("alexander", "hamilton", 8), @"alexan.h alexa.h1 alexa.h2");
        insta::assert_snapshot!(first_three("alexanderhamilton", "", 8), @"alexande alexand1 alexand2");
        assert_eq!(first_three(&"a".repeat(10_000), &"b".repeat(10_000), 30).len(), 92);
    }

    #[test]
    fn system_names_get_a_number() {
        insta::assert_snapshot!(first_three("Root", "", 30), @"root1 root2 root3");
        insta::assert_snapshot!(first_three("", "Ädmin", 30), @"admin1 admin2 admin3");
        // Cutting can make one, too.
        insta::assert_snapshot!(first_three("postgresqueen", "", 8), @"postgre1 postgre2 postgre3");
    }

    #[test]
    fn there_are_thousands_even_for_the_shortest_maximum() {
        let policy = Policy { username_max: 8, ..Policy::default() };
        let all: Vec<_> = candidates(&names("alpha", "zed"), &policy).unwrap().collect();
        assert_eq!(all.len(), 100_000);
        assert_eq!(all.last().map(Username::as_str), Some("a.z99999"));
    }

    proptest! {
        #[test]
        fn every_username_is_valid_unique_and_no_longer_than_allowed(
            first in proptest::option::of(".{0,80}"), last in proptest::option::of(".{0,80}"), max in 8_usize..=64
        ) {
            let policy = Policy { username_max: max, ..Policy::default() };
            let names = PersonNames { first, last, full: None };
            if let Ok(usernames) = candidates(&names, &policy) {
                let some: Vec<_> = usernames.take(50).collect();
                prop_assert_eq!(some.len(), 50);
                let unique: std::collections::BTreeSet<_> = some.iter().collect();
                prop_assert_eq!(unique.len(), 50);
                for name in &some {
                    prop_assert!(Username::parse(name.as_str()).is_ok());
                    prop_assert!(name.as_str().len() <= max);
                    prop_assert!(!is_reserved(name.as_str()));
                }
            }
        }
    }
}
