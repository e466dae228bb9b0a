//! The memory that bodies in flight may take, all together.

use std::sync::atomic::{AtomicUsize, Ordering};

/// A number of bytes that is handed out in shares and comes back when they are dropped.
#[derive(Debug)]
pub(crate) struct Budget {
    free: AtomicUsize,
}

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        Self { free: AtomicUsize::new(bytes) }
    }

    /// A share of nothing, to be grown.
    pub(crate) fn share(&self) -> Share<'_> {
        Share { budget: self, bytes: 0 }
    }
}

/// No room: the caller answers 503.
#[derive(Debug)]
pub(crate) struct Exhausted;

/// What one request holds of a [`Budget`].
#[derive(Debug)]
pub(crate) struct Share<'a> {
    budget: &'a Budget,
    bytes: usize,
}

impl Share<'_> {
    /// Makes the share at least `bytes` large, or leaves it as it is.
    pub(crate) fn grow_to(&mut self, bytes: usize) -> Result<(), Exhausted> {
        let more = bytes.saturating_sub(self.bytes);
        self.budget
            .free
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |free| free.checked_sub(more))
            .map_err(|_| Exhausted)?;
        self.bytes += more;
        Ok(())
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.budget.free.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_comes_back() {
        let budget = Budget::new(10);
        let mut one = budget.share();
        let mut two = budget.share();
        one.grow_to(6).unwrap();
        two.grow_to(4).unwrap();
        one.grow_to(7).unwrap_err();
        one.grow_to(3).unwrap(); // never shrinks
        drop(two);
        one.grow_to(10).unwrap();
        drop(one);
        budget.share().grow_to(10).unwrap();
    }
}
