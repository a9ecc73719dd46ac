//! Rows for people: columns as wide as their widest cell, two blanks between them.

use std::fmt::Write;

use super::print;

/// To stdout, headings first; the last column is not padded.
pub(super) fn print_table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) {
    for line in lines(headings, rows) {
        print(&line);
    }
}

fn lines<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> Vec<String> {
    let headings = headings.map(str::to_owned);
    let all = || std::iter::once(&headings).chain(rows);
    let mut lines = vec![String::new(); rows.len() + 1];
    for column in 0..N {
        let cells: Vec<&str> = all().filter_map(|row| row.get(column)).map(String::as_str).collect();
        let width = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or_default();
        for (line, cell) in lines.iter_mut().zip(cells) {
            let _ = write!(line, "{cell:<width$}  ");
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["1".to_owned(), "ä".to_owned()], ["22".to_owned(), "bbb".to_owned()]];
        assert_eq!(lines(["id", "name"], &rows), ["id  name", "1   ä", "22  bbb"]);
        assert_eq!(lines(["id", "name"], &[]), ["id  name"]);
    }
}
