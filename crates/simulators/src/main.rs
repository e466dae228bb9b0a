//! `deelsync-sim`: a fake Deel and a fake JumpCloud.
fn main() {}
