//! Where the first reflections of a room come from.

/// Speed of sound in m/s, at 20 °C.
const SOUND: f64 = 343.0;
/// What a wall leaves of a reflection's amplitude: wood and plaster.
const REFLECTED: f64 = 0.85;
/// Length, width and height of the room in m at size 0.
const ROOM: [f64; 3] = [2.9, 2.3, 2.1];
/// Where the kit's left and right half and the two microphones are, in parts of the room.
const DRUMS: [[f64; 3]; 2] = [[0.27, 0.34, 0.31], [0.31, 0.61, 0.36]];
const MICROPHONES: [[f64; 3]; 2] = [[0.77, 0.23, 0.53], [0.71, 0.82, 0.59]];

/// An early reflection.
#[derive(Debug, Clone, Copy)]
pub struct Reflection {
    /// The side that was sent, 0 left, 1 right.
    pub from: usize,
    /// The side it is heard on.
    pub to: usize,
    /// Frames it comes later than what was sent.
    pub delay: usize,
    /// Its factor.
    pub gain: f32,
}

/// The first reflections of a shoe box, by Allen and Berkley's image sources (1979): the
/// kit's left and right half before one short wall, a pair of microphones towards the
/// other. No two distances are the same, so that no side is the other's mirror.
/// `scale`: how much longer the room is than at size 0. `predelay`: frames added to all.
/// `rate`: frames a second. Thread: any.
pub fn reflections(scale: f64, predelay: usize, rate: f64) -> impl Iterator<Item = Reflection> {
    let room = ROOM.map(|metres| metres * scale);
    let place = move |parts: [f64; 3]| {
        let [x, y, z] = parts;
        let [length, width, height] = room;
        [x * length, y * width, z * height]
    };
    let pairs = DRUMS.into_iter().enumerate().flat_map(move |(from, drum)| {
        MICROPHONES
            .into_iter()
            .enumerate()
            .map(move |(to, mic)| (from, to, place(drum), place(mic)))
    });
    pairs.flat_map(move |(from, to, drum, mic)| {
        let direct = distance(drum, mic);
        images(drum, room).map(move |(image, gain)| {
            let way = distance(image, mic);
            let delay = ((way - direct).max(0.0) / SOUND * rate).round() as usize;
            Reflection { from, to, delay: predelay + delay, gain: (gain * direct / way) as f32 }
        })
    })
}

/// The mirror images of a place in the six walls of a room, and how they are coloured:
/// half of the walls turn the sign, so that the lows of all do not pile up.
fn images(
    [x, y, z]: [f64; 3],
    [length, width, height]: [f64; 3],
) -> impl Iterator<Item = ([f64; 3], f64)> {
    let near = [[-x, y, z], [x, -y, z], [x, y, -z]].map(|image| (image, REFLECTED));
    let far = [[2.0 * length - x, y, z], [x, 2.0 * width - y, z], [x, y, 2.0 * height - z]];
    near.into_iter().chain(far.map(|image| (image, -REFLECTED)))
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_reflections_reach_each_side_at_frames_of_their_own() {
        let all: Vec<Reflection> = reflections(1.5, 100, 48_000.0).collect();
        for side in 0..2 {
            let mut delays: Vec<_> = all.iter().filter(|r| r.to == side).map(|r| r.delay).collect();
            delays.sort_unstable();
            delays.dedup();
            assert_eq!(delays.len(), 12);
        }
        // the longest way in a room of 4.4 m is there and back, 26 ms
        assert!(all.iter().all(|r| (100..100 + 1248).contains(&r.delay)), "{all:?}");
        assert!(all.iter().all(|r| r.gain.abs() < 0.85));
        let sum: f32 = all.iter().map(|r| r.gain).sum();
        assert!(sum.abs() < 1.0, "the lows pile up: {sum}");
    }
}
