//! t
pub mod file;
pub mod message;
pub mod stamp;
pub use message::Message;
