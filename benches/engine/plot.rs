//! Lines on logarithmic axes, as SVG that is read on light and on dark paper.

use std::fmt::Write;

/// One plot of several beside each other: as many lines as the legend has names.
pub struct Panel<'a> {
    pub title: &'a str,
    pub lines: Vec<Vec<(f64, f64)>>,
}

/// Colours of the lines, from cold to warm; at least 3:1 against white and against #0d1117.
const COLOURS: [&str; 7] =
    ["#5468d4", "#2f81b7", "#1f8a7d", "#4f8a2b", "#9a7b16", "#c2612c", "#c9405f"];
const WIDTH: f64 = 330.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 52.0;
const TOP: f64 = 34.0;
const LEGEND: f64 = 126.0;

/// Panels over one kind of x, whose values `ticks` are named.
pub fn svg(x_title: &str, ticks: &[usize], legend: &[String], panels: &[Panel]) -> String {
    let width = (LEFT + WIDTH) * panels.len() as f64 + LEGEND;
    let height = TOP + HEIGHT + 44.0;
    let mut out = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">
<style>
text {{ fill: #1f2328 }} .grid {{ stroke: #8888884d }} .axis {{ stroke: #888888; fill: none }}
@media (prefers-color-scheme: dark) {{ text {{ fill: #e6edf3 }} }}
</style>
"#
    );
    for (number, panel) in panels.iter().enumerate() {
        draw(&mut out, LEFT + number as f64 * (LEFT + WIDTH), x_title, ticks, panel);
    }
    let x = width - LEGEND + 14.0;
    for (i, name) in legend.iter().enumerate().rev() {
        let y = TOP + 10.0 + 18.0 * (legend.len() - 1 - i) as f64;
        let colour = COLOURS[i % COLOURS.len()];
        line(&mut out, &[(x, y), (x + 16.0, y)], colour);
        text(&mut out, (x + 22.0, y + 4.0), "start", name);
    }
    out + "</svg>\n"
}

fn draw(out: &mut String, left: f64, x_title: &str, ticks: &[usize], panel: &Panel) {
    let all = || panel.lines.iter().flatten().map(|(_, y)| *y);
    let lowest = all().fold(f64::INFINITY, f64::min).log10().floor() as i32;
    let highest = all().fold(0.0, f64::max).log10().ceil() as i32;
    let span = |x: f64, [low, high]: [f64; 2]| (x / low).log10() / (high / low).log10();
    let ends = [ticks[0] as f64, ticks[ticks.len() - 1] as f64];
    let across = |x: f64| left + 10.0 + (WIDTH - 20.0) * span(x, ends);
    let tens = [lowest, highest].map(|ten| 10f64.powi(ten));
    let down = |y: f64| TOP + HEIGHT * (1.0 - span(y, tens));
    text(out, (left, TOP - 14.0), "start", panel.title);
    for ten in lowest..=highest {
        for part in [1, 2, 5].into_iter().take(if ten < highest { 3 } else { 1 }) {
            let value = f64::from(part) * 10f64.powi(ten);
            let y = down(value);
            grid(out, (left, y), (left + WIDTH, y));
            text(out, (left - 6.0, y + 4.0), "end", &format!("{value}"));
        }
    }
    for tick in ticks {
        let x = across(*tick as f64);
        grid(out, (x, TOP), (x, TOP + HEIGHT));
        text(out, (x, TOP + HEIGHT + 18.0), "middle", &tick.to_string());
    }
    let middle = left + WIDTH / 2.0;
    text(out, (middle, TOP + HEIGHT + 36.0), "middle", x_title);
    let _ = writeln!(
        out,
        r#"<rect class="axis" x="{left:.1}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}"/>"#
    );
    for (i, points) in panel.lines.iter().enumerate() {
        let points: Vec<_> = points.iter().map(|(x, y)| (across(*x), down(*y))).collect();
        line(out, &points, COLOURS[i % COLOURS.len()]);
        for (x, y) in points {
            let colour = COLOURS[i % COLOURS.len()];
            let _ = writeln!(out, r#"<circle cx="{x:.1}" cy="{y:.1}" r="2.5" fill="{colour}"/>"#);
        }
    }
}

fn line(out: &mut String, points: &[(f64, f64)], colour: &str) {
    let points: Vec<_> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let points = points.join(" ");
    let _ = writeln!(
        out,
        r#"<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.6"/>"#
    );
}

fn grid(out: &mut String, (x, y): (f64, f64), (to_x, to_y): (f64, f64)) {
    let _ = writeln!(
        out,
        r#"<line class="grid" x1="{x:.1}" y1="{y:.1}" x2="{to_x:.1}" y2="{to_y:.1}"/>"#
    );
}

fn text(out: &mut String, (x, y): (f64, f64), anchor: &str, words: &str) {
    let _ = writeln!(out, r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{words}</text>"#);
}
