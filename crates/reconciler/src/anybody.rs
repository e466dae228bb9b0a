//! Whether an id is anybody's: an order about nobody would lie in wait for whoever gets that id.

use crate::observe::Observer;
use crate::reconciler::Reconciler;
use crate::session::Session;
use crate::stop::Stop;
use provisioning::{ProfileId, Stamp};
use queue::{Line, Vendor};
use std::collections::BTreeSet;

impl Reconciler {
    /// False if both sides say that they know nobody of this id. `JumpCloud` is asked first, since an order must not wait for
    /// Deel; a side that does not answer is no proof.
    ///
    /// # Errors
    /// [`Stop::Queue`].
    pub(crate) async fn is_anybody(&self, person: &ProfileId) -> Result<bool, Stop> {
        let parts = self.parts();
        let mut session = parts.session(Line::Urgent);
        match self.has_account(person, &mut session).await {
            Ok(false) => {}
            Err(Stop::Queue(error)) => return Err(Stop::Queue(error)),
            Ok(true) | Err(_) => return Ok(true),
        }
        session.slot(Vendor::Deel).await?;
        let found = session.made(Vendor::Deel, "person", parts.deel.person(person.as_str())).await;
        Ok(!matches!(found, Err(deel::Error::NotFound { .. })))
    }

    async fn has_account(&self, person: &ProfileId, session: &mut Session) -> Result<bool, Stop> {
        let parts = self.parts();
        let now = parts.clock.now();
        let stamp = Stamp { now, run: crate::clock::run_id(now) };
        let nothing_known = BTreeSet::new();
        let mut observer = Observer {
            parts,
            session,
            subject: person,
            stamp: &stamp,
            emails: self.emails(),
            known_taken: &nothing_known,
            holds: self.holds_ref(),
            listed: &[],
        };
        let (linked, _) = observer.linked().await?;
        Ok(!linked.is_empty())
    }
}
