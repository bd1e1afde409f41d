use super::*;

const PI_4: (&str, &str) = (
    " 0 [Headphones     ]: bcm2835_headpho - bcm2835 Headphones
                      bcm2835 Headphones
 1 [vc4hdmi0       ]: vc4-hdmi - vc4-hdmi-0
                      vc4-hdmi-0
 2 [vc4hdmi1       ]: vc4-hdmi - vc4-hdmi-1
                      vc4-hdmi-1
 3 [U192k          ]: USB-Audio - UMC202HD 192k
                      BEHRINGER UMC202HD 192k at usb-0000:01:00.0-1.3, high speed
 4 [Kit            ]: USB-Audio - Practice Kit
                      Maker Practice Kit at usb-0000:01:00.0-1.2, full speed
",
    "00-00: bcm2835 Headphones : bcm2835 Headphones : playback 8
01-00: MAI PCM i2s-hifi-0 : MAI PCM i2s-hifi-0 : playback 1
02-00: MAI PCM i2s-hifi-0 : MAI PCM i2s-hifi-0 : playback 1
03-00: USB Audio : USB Audio : playback 1 : capture 1
",
);
const HIFIBERRY: (&str, &str) = (
    " 0 [vc4hdmi0       ]: vc4-hdmi - vc4-hdmi-0
                      vc4-hdmi-0
 1 [Headphones     ]: bcm2835_headpho - bcm2835 Headphones
                      bcm2835 Headphones
 2 [sndrpihifiberry]: HifiberryDacp - snd_rpi_hifiberry_dacplus
                      snd_rpi_hifiberry_dacplus
",
    "00-00: MAI PCM i2s-hifi-0 : MAI PCM i2s-hifi-0 : playback 1
01-00: bcm2835 Headphones : bcm2835 Headphones : playback 8
02-00: HiFiBerry DAC+ HiFi pcm512x-hifi-0 : HiFiBerry DAC+ HiFi pcm512x-hifi-0 : playback 1
",
);
const PC: (&str, &str) = (
    " 0 [NVidia         ]: HDA-Intel - HDA NVidia
                      HDA NVidia at 0xf7080000 irq 17
 1 [PCH            ]: HDA-Intel - HDA Intel PCH
                      HDA Intel PCH at 0xf7f10000 irq 31
 2 [Webcam         ]: USB-Audio - HD Webcam
                      Maker HD Webcam at usb-0000:00:14.0-4, high speed
",
    "00-03: HDMI 0 : HDMI 0 : playback 1
00-07: HDMI 1 : HDMI 1 : playback 1
01-03: HDMI 0 : HDMI 0 : playback 1
01-00: ALC887-VD Analog : ALC887-VD Analog : playback 1 : capture 1
02-00: USB Audio : USB Audio : capture 1
",
);
const LOOPBACK: (&str, &str) = (
    " 0 [Loopback       ]: Loopback - Loopback
                      Loopback 1
 1 [VirMIDI        ]: VirMIDI - VirMIDI
                      Virtual MIDI Card 1
 2 [PCH            ]: HDA-Intel - HDA Intel PCH
                      HDA Intel PCH at 0xf7f10000 irq 31
",
    "00-00: Loopback PCM : Loopback PCM : playback 8 : capture 8
00-01: Loopback PCM : Loopback PCM : playback 8 : capture 8
02-00: ALC887-VD Analog : ALC887-VD Analog : playback 1 : capture 1
",
);
const NONE: (&str, &str) = ("--- no soundcards ---\n", "");

fn cards((cards, pcm): (&str, &str)) -> Vec<Card> {
    parse(cards, pcm)
}
fn ids(machine: (&str, &str)) -> Vec<String> {
    cards(machine).into_iter().map(|c| c.id).collect()
}
fn chosen<'a>(cards: &'a [Card], wanted: &'a str) -> &'a str {
    match choose(cards, Some(wanted)) {
        Ok(Choice::Card { card, .. }) => &card.id,
        other => panic!("{wanted} gave {other:?}"),
    }
}

#[test]
fn usb_comes_first_then_headphones_and_screens_last() {
    assert_eq!(ids(PI_4), ["U192k", "Headphones", "vc4hdmi0", "vc4hdmi1"]);
}

#[test]
fn an_i2s_board_comes_before_the_headphone_jack_and_the_screen() {
    assert_eq!(ids(HIFIBERRY), ["sndrpihifiberry", "Headphones", "vc4hdmi0"]);
}

#[test]
fn a_pc_plays_on_its_analog_output_not_on_its_graphics_card() {
    let cards = cards(PC);
    assert_eq!((cards[0].id.as_str(), cards[0].device), ("PCH", 0));
    assert_eq!((cards[1].id.as_str(), cards[1].device), ("NVidia", 3));
    assert_eq!(cards[1].kind, CardKind::Hdmi);
}

#[test]
fn cards_that_cannot_play_are_left_out() {
    assert!(!ids(PC).contains(&"Webcam".to_owned()));
    assert!(!ids(PI_4).contains(&"Kit".to_owned()));
    assert!(!ids(LOOPBACK).contains(&"VirMIDI".to_owned()));
}

#[test]
fn a_loopback_comes_after_every_real_card_and_can_still_be_asked_for() {
    assert_eq!(ids(LOOPBACK), ["PCH", "Loopback"]);
    assert_eq!(chosen(&cards(LOOPBACK), "Loopback"), "Loopback");
}

#[test]
fn with_no_card_alsas_default_is_all_that_is_left() {
    assert!(ids(NONE).is_empty());
    assert_eq!(choose(&[], None), Ok(Choice::Default));
}

#[test]
fn a_card_carries_its_drivers_and_its_own_name() {
    let best = &cards(PI_4)[0];
    assert_eq!((best.driver.as_str(), best.name.as_str()), ("USB-Audio", "UMC202HD 192k"));
    assert_eq!((best.index, best.kind), (3, CardKind::Usb));
    assert_eq!(best.to_string(), "UMC202HD 192k (hw:CARD=U192k)");
}

#[test]
fn a_card_is_found_by_id_by_pcm_name_and_by_a_part_of_its_name() {
    let cards = cards(PI_4);
    for wanted in ["U192k", "u192K", "hw:CARD=U192k", "hw:U192k,0", "umc202", " UMC202HD "] {
        assert_eq!(chosen(&cards, wanted), "U192k", "{wanted}");
    }
    assert_eq!(chosen(&cards, "hdmi"), "vc4hdmi0");
}

#[test]
fn a_pcm_name_says_the_device_and_whether_alsa_converts() {
    let cards = cards(PC);
    let choice = choose(&cards, Some("plughw:CARD=NVidia,DEV=7"));
    assert_eq!(choice, Ok(Choice::Card { card: &cards[1], device: 7, converted: true }));
}

#[test]
fn null_and_default_mean_what_alsa_means_and_auto_is_the_best_card() {
    let cards = cards(PI_4);
    assert_eq!(choose(&cards, Some("null")), Ok(Choice::Silent));
    assert_eq!(choose(&cards, Some("default")), Ok(Choice::Default));
    assert_eq!(chosen(&cards, "auto"), "U192k");
    assert_eq!(chosen(&cards, ""), "U192k");
}

#[test]
fn what_is_no_card_is_the_name_of_a_pcm() {
    let cards = cards(PI_4);
    for wanted in ["dmix:CARD=U192k", "mixer", "hw:CARD=Gone", "hw:CARD=U192k,DEV=x"] {
        assert_eq!(choose(&cards, Some(wanted)), Ok(Choice::Pcm(wanted)), "{wanted}");
    }
}

#[test]
fn a_card_is_never_taken_by_its_number() {
    let cards = cards(PI_4);
    for wanted in ["3", "hw:3", "hw:3,0", "plughw:CARD=3,DEV=0"] {
        let refusal = choose(&cards, Some(wanted)).unwrap_err();
        assert_eq!(refusal.now.as_deref(), Some("U192k"), "{wanted}");
        assert!(refusal.to_string().contains("'hw:CARD=U192k'"));
    }
    assert!(choose(&cards, Some("9")).unwrap_err().to_string().contains("rimshot devices"));
}

#[test]
fn lines_that_nobody_understands_cost_nothing() {
    let (text, pcm) = PI_4;
    let odd = format!("nonsense\n [x]: y\n{text}] [ : - \n 7 [Broken\n");
    let pcm = format!(":\n-:\n99\n{pcm}xx-yy: a : playback 1\n");
    assert_eq!(parse(&odd, &pcm), cards(PI_4));
}

#[test]
fn the_watch_notices_a_card_that_comes_and_one_that_goes_once_each() {
    let folder = std::env::temp_dir().join(format!("rimshot-cards-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let places = Places { cards: folder.join("cards"), pcm: folder.join("pcm") };
    let mut watch = CardWatch::new(places.clone());
    assert!(places.list().is_empty());
    let mut seen = Vec::new();
    for (cards, pcm) in [PI_4, PI_4, LOOPBACK] {
        std::fs::write(&places.cards, cards).unwrap();
        std::fs::write(&places.pcm, pcm).unwrap();
        seen.push(watch.changed());
    }
    let found = places.list().len();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!((seen, found), (vec![true, false, true], 2));
    assert!(watch.changed());
}
