//! Dates as Deel writes them: `2026-05-04`, `2026-05-04T00:00:00.000Z`, `2026-05-04 00:00:00+00:00`.

use jiff::civil::Date;

/// The calendar date as written. What zone a datetime is in does not matter: a last day of work is a day, and Deel writes
/// it as midnight of it.
pub(super) fn parse(text: &str) -> Option<Date> {
    let (date, time) = text.split_at_checked("2026-05-04".len())?;
    let shape =
        |(at, byte): (usize, u8)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() };
    if !date.bytes().enumerate().all(shape) || !(time.is_empty() || is_time(time)) {
        return None;
    }
    date.parse().ok()
}

fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits =
        |range| bytes.get::<std::ops::Range<usize>>(range).is_some_and(|d| d.iter().all(u8::is_ascii_digit));
    let known = |byte: &u8| byte.is_ascii_alphanumeric() || b":.,+-/_[] ".contains(byte);
    matches!(bytes.first(), Some(b'T' | b't' | b' '))
        && digits(1..3)
        && bytes.get(3) == Some(&b':')
        && digits(4..6)
        && bytes.iter().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_is_taken_as_written() {
        let date = Some(jiff::civil::date(2026, 5, 4));
        for text in [
            "2026-05-04",
            "2026-05-04T00:00:00.000Z",
            "2026-05-04 23:59:59.95+00:00",
            "2026-05-04T23:30:00-11:00",
            "2026-05-04T09:15",
            "2026-05-04T09:15:00+02:00[Europe/Berlin]",
        ] {
            assert_eq!(parse(text), date, "{text}");
        }
    }

    #[test]
    fn nothing_else_is_a_date() {
        for text in [
            "",
            "tomorrow",
            "2026-05",
            "2026-5-4",
            "04.05.2026",
            "2026-02-30",
            "2026-05-04Tmorning",
            "2026-05-045",
            "0000-13-40",
            "1777852800",
            "20260504T000000Z",
            "２０２６-05-04",
            "2026-05-0é",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
