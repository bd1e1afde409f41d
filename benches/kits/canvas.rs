//! Pictures of few colours as PNG files, with letters of their own.

use miniz_oxide::deflate::compress_to_vec_zlib;

/// Glyphs of 3 by 5 dots: five octal digits, from the top row down; 4 is the left dot.
#[rustfmt::skip]
const GLYPHS: [(char, u16); 41] = [
    ('0', 0o75557), ('1', 0o26227), ('2', 0o71747), ('3', 0o71717), ('4', 0o55711),
    ('5', 0o74717), ('6', 0o74757), ('7', 0o71122), ('8', 0o75757), ('9', 0o75717),
    ('A', 0o25755), ('B', 0o65656), ('C', 0o34443), ('D', 0o65556), ('E', 0o74647),
    ('F', 0o74644), ('G', 0o34553), ('H', 0o55755), ('I', 0o72227), ('J', 0o11152),
    ('K', 0o55655), ('L', 0o44447), ('M', 0o57755), ('N', 0o65555), ('O', 0o25552),
    ('P', 0o65644), ('Q', 0o25573), ('R', 0o65655), ('S', 0o34216), ('T', 0o72222),
    ('U', 0o55557), ('V', 0o55552), ('W', 0o55775), ('X', 0o55255), ('Y', 0o55222),
    ('Z', 0o71247), ('.', 0o00002), ('-', 0o00700), ('/', 0o11244), (':', 0o02020),
    ('_', 0o00007),
];

/// Pixels a dot of a letter has on each side.
const DOT: usize = 2;
/// The height of a line of letters, pixels.
pub const LINE: usize = 5 * DOT;
/// From letter to letter, pixels.
pub const LETTER: usize = 4 * DOT;

/// A picture, a palette index for each pixel.
pub struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Canvas {
    /// All of the colour 0.
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![0; width * height] }
    }

    /// Sets a pixel; what is outside is left out.
    pub fn dot(&mut self, x: usize, y: usize, colour: u8) {
        if x < self.width && y < self.height {
            self.pixels[y * self.width + x] = colour;
        }
    }

    /// Writes letters, their upper left corner here; letters without a glyph are gaps.
    pub fn write(&mut self, x: usize, y: usize, colour: u8, text: &str) {
        for (n, letter) in text.chars().enumerate() {
            let letter = letter.to_ascii_uppercase();
            let found = GLYPHS.iter().find(|(glyph, _)| *glyph == letter);
            let Some((_, bits)) = found else { continue };
            for bit in (0..15).filter(|bit| bits >> (14 - bit) & 1 == 1) {
                let (left, top) = (x + n * LETTER + bit % 3 * DOT, y + bit / 3 * DOT);
                for i in 0..DOT * DOT {
                    self.dot(left + i % DOT, top + i / DOT, colour);
                }
            }
        }
    }

    /// The bytes of a PNG file (W3C, Portable Network Graphics, third edition): indexed
    /// colours of 8 bits, no filter.
    pub fn png(&self, palette: &[[u8; 3]]) -> Vec<u8> {
        let mut head = Vec::new();
        head.extend((self.width as u32).to_be_bytes());
        head.extend((self.height as u32).to_be_bytes());
        head.extend([8, 3, 0, 0, 0]);
        let rows = self.pixels.chunks(self.width).flat_map(|row| [&[0], row].concat());
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        chunk(&mut file, *b"IHDR", &head);
        chunk(&mut file, *b"PLTE", palette.as_flattened());
        chunk(&mut file, *b"IDAT", &compress_to_vec_zlib(&rows.collect::<Vec<u8>>(), 9));
        chunk(&mut file, *b"IEND", &[]);
        file
    }
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    file.extend((data.len() as u32).to_be_bytes());
    let from = file.len();
    file.extend(kind);
    file.extend(data);
    let check = crc(&file[from..]);
    file.extend(check.to_be_bytes());
}

/// The CRC-32 of ISO 3309.
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}
