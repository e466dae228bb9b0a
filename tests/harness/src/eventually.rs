use std::time::{Duration, Instant};

/// Waits until `condition` gives a value, asking every 5 ms.
///
/// # Panics
/// If it gave none within `deadline`; `what` says what was waited for.
pub async fn eventually<T>(
    what: &str,
    deadline: Duration,
    mut condition: impl AsyncFnMut() -> Option<T>,
) -> T {
    let started = Instant::now();
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(started.elapsed() < deadline, "did not happen within {deadline:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Asserts that `condition` stays true for the whole of `period`, asking every 20 ms. For what must *not* happen, give it
/// a fence first (something later that did happen), so that the period need not be long.
///
/// # Panics
/// As soon as it is false.
pub async fn holds_for(what: &str, period: Duration, mut condition: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while started.elapsed() < period {
        assert!(condition().await, "stopped being true after {:?}: {what}", started.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
