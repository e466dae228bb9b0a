//! Reading a body: whole, raw, and within the limits.

use std::ops::Deref;
use std::pin::pin;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::{Stream, StreamExt};

use crate::budget::{Budget, Exhausted, Share};

/// How often somebody else is asked to give way before there is no room, and how long that may take each time.
const TRIES: u32 = 20;
const GIVING_WAY: Duration = Duration::from_millis(5);

/// Why there is no body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// More bytes than one body may have.
    TooLarge,
    /// Not whole when the time was over.
    TooSlow,
    /// All bodies together have taken what there is.
    NoRoom,
    /// The client went away, or what it sent is no HTTP.
    Aborted,
}

impl From<Exhausted> for BodyError {
    fn from(Exhausted: Exhausted) -> Self {
        Self::NoRoom
    }
}

/// A whole body, and the share of the budget that it holds.
#[derive(Debug)]
pub(crate) struct Body<'a> {
    data: Data,
    _share: Share<'a>,
}

#[derive(Debug)]
enum Data {
    /// As it came from the socket.
    One(Bytes),
    Gathered(Vec<u8>),
}

impl Deref for Body<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.data {
            Data::One(bytes) => bytes,
            Data::Gathered(bytes) => bytes,
        }
    }
}

/// Reads `chunks` to their end.
///
/// `declared` is the `Content-Length`. It can refuse a body that is not yet read, but reserves nothing: memory is
/// taken for what has arrived, so that clients who promise a megabyte and send none do not use up the budget.
///
/// `give_way` is called when there is no room; it says whether another body will soon leave some.
///
/// # Errors
/// [`BodyError`], as soon as it is known; the rest is then not read.
pub(crate) async fn read<'a, E>(
    chunks: impl Stream<Item = Result<Bytes, E>>,
    declared: Option<u64>,
    most: usize,
    until: Instant,
    budget: &'a Budget,
    give_way: impl Fn() -> bool,
) -> Result<Body<'a>, BodyError> {
    let declared = declared.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    if declared.is_some_and(|bytes| bytes > most) {
        return Err(BodyError::TooLarge);
    }
    match tokio::time::timeout_at(until.into(), gather(chunks, declared, most, budget, give_way)).await {
        Ok(read) => read,
        Err(_) => Err(BodyError::TooSlow),
    }
}

async fn gather<'a, E>(
    chunks: impl Stream<Item = Result<Bytes, E>>,
    declared: Option<usize>,
    most: usize,
    budget: &'a Budget,
    give_way: impl Fn() -> bool,
) -> Result<Body<'a>, BodyError> {
    let mut chunks = pin!(chunks);
    let mut share = budget.share();
    let mut data = Data::One(Bytes::new());
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| BodyError::Aborted)?;
        let have = match &data {
            Data::One(bytes) => bytes.len(),
            Data::Gathered(bytes) => bytes.len(),
        };
        let len = have + chunk.len();
        if len > most {
            return Err(BodyError::TooLarge);
        }
        data = match data {
            // Nearly every webhook arrives in one piece, and is then never copied.
            Data::One(first) if first.is_empty() => {
                grow(&mut share, len, &give_way).await?;
                Data::One(chunk)
            }
            // Copied and not kept: a chunk holds on to the whole buffer that it was read into.
            Data::One(first) => {
                let room = capacity(0, len, declared, most);
                grow(&mut share, room, &give_way).await?;
                let mut bytes = Vec::with_capacity(room);
                bytes.extend_from_slice(&first);
                bytes.extend_from_slice(&chunk);
                Data::Gathered(bytes)
            }
            Data::Gathered(mut bytes) => {
                if len > bytes.capacity() {
                    let room = capacity(bytes.capacity(), len, declared, most);
                    grow(&mut share, room, &give_way).await?;
                    bytes.reserve_exact(room - bytes.len());
                }
                bytes.extend_from_slice(&chunk);
                Data::Gathered(bytes)
            }
        };
    }
    Ok(Body { data, _share: share })
}

/// Grows the share, with room that others have to give if there is no other.
async fn grow(share: &mut Share<'_>, bytes: usize, give_way: impl Fn() -> bool) -> Result<(), Exhausted> {
    for _ in 0..TRIES {
        if share.grow_to(bytes).is_ok() {
            return Ok(());
        }
        if !give_way() {
            break;
        }
        tokio::time::sleep(GIVING_WAY).await;
    }
    share.grow_to(bytes)
}

/// Doubles, but goes no further than the body can: `len` bytes have arrived, `declared` will.
fn capacity(now: usize, len: usize, declared: Option<usize>, most: usize) -> usize {
    let end = declared.unwrap_or(most).min(most);
    (now.max(len / 2) * 2).min(end).max(len)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::time::Duration;

    use futures::stream;

    use super::*;

    async fn of(sizes: &[usize], declared: Option<u64>, budget: &Budget) -> Result<usize, BodyError> {
        let chunks =
            stream::iter(sizes.to_vec()).map(|size| Ok::<_, Infallible>(Bytes::from(vec![b'x'; size])));
        let until = Instant::now() + Duration::from_secs(5);
        let body = read(chunks, declared, 1000, until, budget, || false).await?;
        assert!(body.iter().all(|&byte| byte == b'x'));
        Ok(body.len())
    }

    #[tokio::test]
    async fn a_body_is_gathered_up_to_its_limit() {
        let budget = Budget::new(1000);
        assert_eq!(of(&[], None, &budget).await, Ok(0));
        assert_eq!(of(&[1000], Some(1000), &budget).await, Ok(1000));
        assert_eq!(of(&[1; 1000], None, &budget).await, Ok(1000));
        assert_eq!(of(&[300, 300, 400], Some(1000), &budget).await, Ok(1000));
        assert_eq!(of(&[300, 300, 401], None, &budget).await, Err(BodyError::TooLarge));
        assert_eq!(of(&[], Some(1001), &budget).await, Err(BodyError::TooLarge));
        assert_eq!(of(&[1], Some(u64::MAX), &budget).await, Err(BodyError::TooLarge));
    }

    #[tokio::test]
    async fn what_others_hold_is_not_there() {
        let budget = Budget::new(1000);
        let mut other = budget.share();
        other.grow_to(600).unwrap();
        assert_eq!(of(&[400], None, &budget).await, Ok(400));
        assert_eq!(of(&[401], None, &budget).await, Err(BodyError::NoRoom));
        assert_eq!(of(&[200, 201], Some(401), &budget).await, Err(BodyError::NoRoom));
        drop(other);
        assert_eq!(of(&[401], None, &budget).await, Ok(401), "all of it came back");
        budget.share().grow_to(1000).unwrap();
    }

    #[tokio::test]
    async fn who_gives_way_leaves_room() {
        let budget = Budget::new(1000);
        let slow = std::cell::RefCell::new(Some(budget.share()));
        slow.borrow_mut().as_mut().unwrap().grow_to(900).unwrap();
        let chunks = || stream::iter([Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 200]))]);
        let until = Instant::now() + Duration::from_secs(5);
        let refused = read(chunks(), None, 1000, until, &budget, || false).await;
        assert_eq!(refused.err(), Some(BodyError::NoRoom));
        let body = read(chunks(), None, 1000, until, &budget, || slow.take().is_some()).await;
        assert_eq!(body.unwrap().len(), 200);
    }

    #[tokio::test]
    async fn a_promise_takes_no_memory_and_time_runs_out() {
        let budget = Budget::new(1000);
        let first = stream::once(async { Ok::<_, Infallible>(Bytes::from_static(b"x")) });
        let until = Instant::now() + Duration::from_millis(30);
        let mut slow = pin!(read(first.chain(stream::pending()), Some(1000), 1000, until, &budget, || false));
        assert!(futures::poll!(&mut slow).is_pending());
        budget.share().grow_to(999).unwrap();
        assert_eq!(slow.await.err(), Some(BodyError::TooSlow));
        budget.share().grow_to(1000).unwrap();
    }

    #[tokio::test]
    async fn a_client_that_goes_away_has_no_body() {
        let chunks = stream::iter([Ok(Bytes::from_static(b"x")), Err(())]);
        let until = Instant::now() + Duration::from_secs(5);
        let budget = Budget::new(1000);
        assert_eq!(read(chunks, None, 1000, until, &budget, || false).await.err(), Some(BodyError::Aborted));
    }
}
