//! How the module is, for a front panel.

use super::Player;
use crate::app::control::Status;
use crate::app::control::status::{
    KitLine, Loading, Memory, MidiSide, Part, Port, Settings, Sound,
};
use crate::kit::disk::KitEntry;
use crate::midi::short_name;
use crate::panel;

impl Player {
    pub(super) fn status(&self) -> Status {
        let held = self.control.meters.read();
        let neighbour = |by| self.switch.neighbour(by).map(|entry| entry.name.clone());
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime_s: self.remote.now(),
            kit: self.switch.playing().map(str::to_owned),
            next: neighbour(1),
            previous: neighbour(-1),
            kits: self.kit_lines(),
            loading: self.loading(),
            volume_db: self.volume_db,
            trim_db: self.trim_db,
            sound: self.sound(),
            meters: self.gauge.numbers(&self.control.meters, self.desk.meters()),
            midi: MidiSide {
                ports: self.port_lines(),
                unavailable: self.inputs.unavailable().map(str::to_owned),
                masked: held.masked + held.grabbed + held.stomps,
                maps: self.maps.folders().map(|folder| folder.display().to_string()).collect(),
            },
            learning: self.remote.learning.clone(),
            config: Settings {
                path: self.book.path.as_ref().map(|path| path.display().to_string()),
                standing: self.book.standing.code().to_owned(),
            },
            state: Memory {
                folder: self.keeper.folder().map(|folder| folder.display().to_string()),
                trouble: self.keeper.trouble().map(str::to_owned),
            },
            faults: self.faults(),
            panel: self.parts(),
            problems: self.remote.troubles(),
        }
    }

    /// How far the kit is that is waited for.
    pub(super) fn loading(&self) -> Option<Loading> {
        let kit = self.switch.wished()?.name.clone();
        let known = self.remote.loading.clone().filter(|loading| loading.kit == kit);
        Some(known.unwrap_or(Loading { kit, done: 0, total: 0 }))
    }

    fn kit_lines(&self) -> Vec<KitLine> {
        let entries = self.switch.shelf().entries().iter().enumerate();
        let line = |(index, entry): (usize, &KitEntry)| KitLine {
            number: index + 1,
            name: entry.name.clone(),
            folder: entry.folder.display().to_string(),
            program: entry.program,
            ready: self.switch.is_ready(&entry.folder),
            plays: self.switch.folder() == Some(&entry.folder),
        };
        entries.map(line).collect()
    }

    fn sound(&self) -> Option<Sound> {
        let opened = self.desk.opened()?;
        Some(Sound {
            card: opened.name.clone(),
            what: opened.what.clone(),
            silent: self.desk.is_silent(),
            rate: opened.shape.rate,
            period: opened.shape.period,
            latency_ms: tenths(self.desk.latency_ms(None)?),
        })
    }

    fn parts(&self) -> Vec<Part> {
        let part = |part: &panel::Part| Part {
            kind: part.kind.to_owned(),
            place: part.place.clone(),
            why: part.why.clone(),
        };
        self.buttons.parts().iter().map(part).collect()
    }

    fn port_lines(&self) -> Vec<Port> {
        let open = self.inputs.ports().map(|(name, map, source)| Port {
            port: short_name(name),
            name: name.to_owned(),
            open: true,
            map: Some(map.to_owned()),
            why: None,
            pedal: self.remote.pedals.get(source).copied().flatten(),
        });
        let left = self.inputs.left().map(|name| Port {
            port: short_name(name),
            name: name.to_owned(),
            open: false,
            map: None,
            why: self.remote.failed.get(name).cloned(),
            pedal: None,
        });
        open.chain(left).collect()
    }
}

/// Milliseconds as people want them.
pub fn tenths(ms: f32) -> f32 {
    (10.0 * ms).round() / 10.0
}
