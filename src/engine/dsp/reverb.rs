//! stub
/// What a room is like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoomSpec {
    /// s
    pub decay: f32,
    /// 0..=1
    pub size: f32,
    /// Hz
    pub damping: f32,
    /// s
    pub predelay: f32,
    /// factor
    pub level: f32,
}
impl Default for RoomSpec {
    fn default() -> Self {
        Self { decay: 0.8, size: 0.4, damping: 6000.0, predelay: 0.0, level: 0.25 }
    }
}
/// x
#[derive(Debug)]
pub struct Room;
impl Room {
    /// x
    pub fn new(_: &RoomSpec, _: u32) -> Self {
        Self
    }
    /// x
    pub fn is_silent(&self) -> bool {
        true
    }
    /// x
    pub fn process(&mut self, _: &[f32], _: &mut [f32]) {}
}
