//! End-to-end tests: the real binary, a real Redis, and both simulators. The tests are in `tests/tests`.
