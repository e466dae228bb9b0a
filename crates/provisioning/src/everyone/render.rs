//! A plan of everyone for people to read.
