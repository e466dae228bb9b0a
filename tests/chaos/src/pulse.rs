//! How late this machine wakes up those who sleep: what it does to the harness it does to everybody.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use crate::clock::{ms, now_ms};

/// How often it beats.
const BEAT: Duration = Duration::from_millis(10);
/// Less than that is usual.
const USUAL: Duration = Duration::from_millis(20);

/// Beats until it is dropped.
#[derive(Debug)]
pub struct Pulse {
    late: Arc<Mutex<Vec<(i64, i64)>>>,
    beating: JoinHandle<()>,
}

impl Pulse {
    /// Starts beating.
    #[must_use]
    pub fn start() -> Self {
        let late = Arc::<Mutex<Vec<(i64, i64)>>>::default();
        let noted = Arc::clone(&late);
        let beating = tokio::spawn(async move {
            loop {
                let slept = Instant::now();
                tokio::time::sleep(BEAT).await;
                let over = slept.elapsed().saturating_sub(BEAT);
                if over > USUAL {
                    let now = now_ms();
                    noted.lock().unwrap_or_else(PoisonError::into_inner).push((now - ms(over), now));
                }
            }
        });
        Self { late, beating }
    }

    /// When it was late: from when to when.
    #[must_use]
    pub fn late(&self) -> Vec<(i64, i64)> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.beating.abort();
    }
}
