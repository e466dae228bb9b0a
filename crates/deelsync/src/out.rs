//! Answers of commands go to stdout, and only there.

use provisioning::{Plain, harmless};
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a JSON document was printed: there is one for each command, and one only.
static ANSWERED: AtomicBool = AtomicBool::new(false);

/// Prints text and a line end; what a terminal would obey in it is escaped. Whoever closed our stdout has read enough: that is no error.
pub(crate) fn line(text: impl AsRef<str>) {
    raw(harmless(text.as_ref()).trim_end_matches('\n'));
}

fn raw(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = writeln!(stdout, "{text}");
    let _ = stdout.flush();
}

/// Prints one JSON document, its strings as they are: it is read by programs.
pub(crate) fn json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    raw(&serde_json::to_string_pretty(value)?);
    ANSWERED.store(true, Ordering::Relaxed);
    Ok(())
}

/// For programs, what went wrong, unless they have been answered.
pub(crate) fn json_error(error: &anyhow::Error) {
    if !ANSWERED.load(Ordering::Relaxed) {
        raw(&serde_json::json!({ "error": format!("{error:#}") }).to_string());
    }
}

/// Says something to the person at the terminal that is not part of the answer.
pub(crate) fn note(text: impl AsRef<str>) {
    let _ = writeln!(io::stderr().lock(), "{}", harmless(text.as_ref()));
}

/// Asks the person at the terminal. Anything but a yes is a no, and so is the end of the input. Who waits for the answer
/// can be interrupted.
pub(crate) async fn ask(question: String) -> anyhow::Result<bool> {
    let asked = tokio::task::spawn_blocking(move || {
        // Not locked while it waits: whoever interrupts says so there.
        let mut stderr = io::stderr();
        write!(stderr, "{}", harmless(&question))?;
        stderr.flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        io::Result::Ok(answer)
    });
    let answer = asked.await??;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// A table with a head and without frames, so that it can be cut and pasted.
pub(crate) fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header(head);
    let mut empty = true;
    for row in rows {
        table.add_row(row.map(|cell| Plain(&cell).to_string()));
        empty = false;
    }
    if empty {
        String::new()
    } else {
        table.lines().map(|line| line.trim_end().trim_start_matches(' ').to_owned() + "\n").collect()
    }
}

/// Milliseconds since 1970 as RFC 3339.
pub(crate) fn time(ms: u64) -> String {
    let stamp = i64::try_from(ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    stamp.map_or_else(|| "-".to_owned(), |stamp| stamp.to_string())
}

/// A duration in words: the two largest units.
pub(crate) fn ago(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0 => format!("{ms} ms"),
        1..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339() {
        assert_eq!(time(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
        assert_eq!(time(u64::MAX), "-");
        assert_eq!(ago(12), "12 ms");
        assert_eq!(ago(3_725_000), "1 h 2 min");
    }

    #[test]
    fn a_table_has_no_frame_and_an_empty_one_no_head() {
        let shown = table(["a", "b"], [["1".to_owned(), "2".to_owned()]]);
        assert_eq!(shown.lines().count(), 2);
        assert_eq!(table(["a"], []), "");
        assert!(table(["a"], [["1\n2".to_owned()]]).contains(r"1\n2"));
    }
}
