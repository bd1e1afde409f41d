//! A kit's folder.
pub mod files;
pub mod names;
pub mod tokens;
pub mod vocabulary;
