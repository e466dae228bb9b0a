//! fingerprint
use crate::ids::ProfileId;
use crate::plan::Step;

impl Step {
    /// A canonical text that is the same for as long as the same change is proposed for the same reason, however often it is
    /// planned anew. It holds values: hash it before it becomes a key.
    #[must_use]
    pub fn fingerprint(&self, subject: &ProfileId) -> String {
        let _ = subject;
        todo!()
    }
}
