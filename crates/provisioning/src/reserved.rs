//! reserved
