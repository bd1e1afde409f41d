//! Which sound cards are here, and which of them to play on.
//!
//! The kernel says it in two text files: `/proc/asound/cards` names the cards,
//! `/proc/asound/pcm` their PCM devices (Linux, `Documentation/sound/designs/procfile.rst`).

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// What a card is, in the order in which it is preferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CardKind {
    /// An interface at a USB port: somebody plugged it in to be heard.
    Usb,
    /// An I²S board, a PCI card, anything else with a real output.
    Other,
    /// The headphone jack of a Raspberry Pi: PWM, noisy, but there.
    Headphones,
    /// A screen, often without loudspeakers.
    Hdmi,
    /// A loopback or dummy card: no sound at all, useful for tests.
    Virtual,
}

impl fmt::Display for CardKind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(match self {
            CardKind::Usb => "USB",
            CardKind::Other => "built in",
            CardKind::Headphones => "headphones",
            CardKind::Hdmi => "screen",
            CardKind::Virtual => "no sound",
        })
    }
}

/// A card with at least one playback device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Card {
    /// The kernel's number now; another after the next plugging, so nothing goes by it.
    pub index: u32,
    /// The kernel's short id (`U192k`), which stays.
    pub id: String,
    /// The driver (`USB-Audio`).
    pub driver: String,
    /// The short name (`UMC202HD 192k`).
    pub name: String,
    /// What it is.
    pub kind: CardKind,
    /// The number of its first playback device, one that is not HDMI where there is one.
    pub device: u32,
}

impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} (hw:CARD={})", self.name, self.id)
    }
}

/// Where the kernel lists its cards.
#[derive(Debug, Clone)]
pub struct Places {
    /// The list of cards.
    pub cards: PathBuf,
    /// The list of PCM devices.
    pub pcm: PathBuf,
}

impl Default for Places {
    fn default() -> Self {
        let folder = Path::new("/proc/asound");
        Self { cards: folder.join("cards"), pcm: folder.join("pcm") }
    }
}

impl Places {
    /// Both texts; a file that is not there (no ALSA in the kernel) is an empty one.
    fn read(&self) -> (String, String) {
        let text = |path| std::fs::read_to_string(path).unwrap_or_default();
        (text(&self.cards), text(&self.pcm))
    }

    /// The cards that can play, best first.
    pub fn list(&self) -> Vec<Card> {
        let (cards, pcm) = self.read();
        parse(&cards, &pcm)
    }
}

/// Notices cards that come and go, cheaply enough to be asked every 250 ms.
#[derive(Debug)]
pub struct CardWatch {
    places: Places,
    last: (String, String),
}

impl CardWatch {
    /// Remembers what is there now.
    pub fn new(places: Places) -> Self {
        let last = places.read();
        Self { places, last }
    }

    /// Whether a card or a device came or went since the last question. Reads two small
    /// kernel files.
    pub fn changed(&mut self) -> bool {
        let now = self.places.read();
        let changed = now != self.last;
        self.last = now;
        changed
    }
}

/// The cards that can play, best first, from the texts of `/proc/asound/cards` and
/// `/proc/asound/pcm`. A line that is not understood is passed over.
pub fn parse(cards: &str, pcm: &str) -> Vec<Card> {
    let devices: Vec<Device> = pcm.lines().filter_map(playback_device).collect();
    let mut found: Vec<Card> = cards.lines().filter_map(|l| card_of(l, &devices)).collect();
    found.sort_by_key(|c| (c.kind, c.index));
    found
}

struct Device {
    card: u32,
    device: u32,
    hdmi: bool,
}

/// `03-00: USB Audio : USB Audio : playback 1 : capture 1`
fn playback_device(line: &str) -> Option<Device> {
    let (numbers, rest) = line.split_once(':')?;
    let (card, device) = numbers.split_once('-')?;
    rest.split(" : ").find(|part| part.trim_start().starts_with("playback "))?;
    Some(Device {
        card: card.trim().parse().ok()?,
        device: device.trim().parse().ok()?,
        hdmi: contains(rest, "hdmi"),
    })
}

/// ` 3 [U192k          ]: USB-Audio - UMC202HD 192k`; the line below it says where the
/// card is plugged in and has no bracket.
fn card_of(line: &str, devices: &[Device]) -> Option<Card> {
    let (index, rest) = line.split_once('[')?;
    let index = index.trim().parse().ok()?;
    let (id, rest) = rest.split_once("]:")?;
    let (driver, name) = rest.split_once(" - ").unwrap_or((rest, id));
    let (id, driver, name) = (id.trim(), driver.trim(), name.trim());
    let own = || devices.iter().filter(|d| d.card == index);
    let device = own().find(|d| !d.hdmi).or_else(|| own().next())?;
    let kind = match driver {
        "USB-Audio" => CardKind::Usb,
        "Loopback" | "Dummy" => CardKind::Virtual,
        _ if contains(driver, "hdmi") || device.hdmi => CardKind::Hdmi,
        _ if driver.starts_with("bcm2835_") => CardKind::Headphones,
        _ => CardKind::Other,
    };
    Some(Card {
        index,
        id: id.to_owned(),
        driver: driver.to_owned(),
        name: name.to_owned(),
        kind,
        device: device.device,
    })
}

fn contains(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.to_lowercase())
}

/// What to play on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice<'a> {
    /// A card. `converted`: through ALSA's converter, because `plughw:` was asked for.
    Card {
        /// The card.
        card: &'a Card,
        /// Its device's number.
        device: u32,
        /// Whether only the converting PCM is to be tried.
        converted: bool,
    },
    /// An ALSA PCM by its name, or something that is not here.
    Pcm(&'a str),
    /// ALSA's `default`.
    Default,
    /// The paced silent device.
    Silent,
}

/// What `wanted` means among these cards (best first, as [`parse`] gives them):
/// nothing or `auto` is the best card; `null` the silent device; `default` ALSA's default;
/// else a card's id, `hw:CARD=id` or `plughw:CARD=id` with or without `,DEV=n`, or a part
/// of a card's name (case does not matter; the best card where several fit). Anything
/// else is taken for the name of an ALSA PCM.
///
/// # Errors
/// A card's number, because it is another card's after the next plugging.
pub fn choose<'a>(cards: &'a [Card], wanted: Option<&'a str>) -> Result<Choice<'a>, ByNumber> {
    let wanted = wanted.map(str::trim).filter(|w| !w.is_empty() && *w != "auto");
    let Some(wanted) = wanted else {
        return Ok(cards.first().map_or(Choice::Default, plain));
    };
    match wanted {
        "null" => return Ok(Choice::Silent),
        "default" => return Ok(Choice::Default),
        _ => {}
    }
    let by_id = |id: &str| cards.iter().find(|c| c.id.eq_ignore_ascii_case(id));
    if let Some((prefix @ ("hw" | "plughw"), place)) = wanted.split_once(':') {
        let (id, device) = place.split_once(',').map_or((place, None), |(c, d)| (c, Some(d)));
        let id = id.strip_prefix("CARD=").unwrap_or(id);
        if let Some(card) = by_id(id) {
            let number = device.map(|d| d.strip_prefix("DEV=").unwrap_or(d).parse());
            return Ok(match number {
                Some(Err(_)) => Choice::Pcm(wanted),
                Some(Ok(device)) => Choice::Card { card, device, converted: prefix == "plughw" },
                None => Choice::Card { card, device: card.device, converted: prefix == "plughw" },
            });
        }
        refuse_number(cards, wanted, id)?;
        return Ok(Choice::Pcm(wanted));
    }
    if let Some(card) = by_id(wanted) {
        return Ok(plain(card));
    }
    refuse_number(cards, wanted, wanted)?;
    let by_name = cards.iter().find(|c| contains(&c.name, wanted));
    Ok(by_name.map_or(Choice::Pcm(wanted), plain))
}

fn plain(card: &Card) -> Choice<'_> {
    Choice::Card { card, device: card.device, converted: false }
}

fn refuse_number(cards: &[Card], wanted: &str, id: &str) -> Result<(), ByNumber> {
    let Ok(index) = id.parse::<u32>() else { return Ok(()) };
    let now = cards.iter().find(|c| c.index == index);
    Err(ByNumber { wanted: wanted.to_owned(), now: now.map(|c| c.id.clone()) })
}

/// A card was asked for by its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByNumber {
    /// What was asked for.
    pub wanted: String,
    /// The id of the card that has the number now.
    pub now: Option<String>,
}

impl std::error::Error for ByNumber {}

impl fmt::Display for ByNumber {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { wanted, now } = self;
        write!(f, "'{wanted}' names a card by its number, which changes when cards are plugged")?;
        match now {
            Some(id) => write!(f, "; the card that has it now is 'hw:CARD={id}'"),
            None => write!(f, "; use its id or a part of its name ('rimshot devices' lists them)"),
        }
    }
}

#[cfg(test)]
#[path = "card_tests.rs"]
mod tests;
