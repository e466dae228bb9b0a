//! `plan`, `sync` and `apply` for everyone, and `runs`.

mod apply;
mod file;
mod follow;
mod plan;
mod render;
mod runs;
mod sync;

pub(crate) use apply::apply;
pub(crate) use plan::{Wanted, plan};
pub(crate) use runs::runs;
pub(crate) use sync::{ask, sync};

use reconciler::FullCounts;

/// `1 person`, `3 people`, `1,200 accounts`.
pub(crate) fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// With commas between thousands.
fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Nobody is in sync as long as nobody is linked: there may be nothing to do for them all the same.
fn in_sync(counts: &FullCounts) -> &'static str {
    if counts.linked == 0 { "with nothing to do" } else { "in sync" }
}

/// How many there are on both sides, and below that each count that is not nothing.
fn table(counts: &FullCounts, rows: impl IntoIterator<Item = (u64, String)>) -> String {
    let mut text = format!(
        "{} in Deel, {} in JumpCloud, {} linked\n",
        count(counts.people, "person", "people"),
        count(counts.accounts, "account", "accounts"),
        number(counts.linked),
    );
    for (n, words) in rows.into_iter().filter(|(n, _)| *n > 0) {
        text += &format!("{:>8}  {words}\n", number(n));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_readable() {
        let shown: Vec<String> = [0, 7, 123, 1000, 12_345_678].into_iter().map(number).collect();
        assert_eq!(shown, ["0", "7", "123", "1,000", "12,345,678"]);
        assert_eq!(count(1, "person", "people"), "1 person");
        assert_eq!(count(1200, "person", "people"), "1,200 people");
    }
}
