//! deel
