//! Tables for people: aligned columns, two spaces apart, no rules.

use std::io::{self, Write};

use super::style;

/// What a column is wider than its header at least, so that tables look like Feast's.
const HEADER_ROOM: usize = 2;

/// One cell; some have several lines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell(Vec<String>);

impl Cell {
    /// A cell with a line for each item, `-` if there is none.
    pub(crate) fn lines<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> Self {
        let lines: Vec<String> = items
            .into_iter()
            .map(|item| style::printable(item.as_ref()).into_owned())
            .collect();
        if lines.is_empty() {
            Cell::from("-")
        } else {
            Cell(lines)
        }
    }

    fn line(&self, index: usize) -> &str {
        self.0.get(index).map_or("", String::as_str)
    }

    fn width(&self) -> usize {
        self.0.iter().map(|line| width(line)).max().unwrap_or(0)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell(vec![style::printable(text).into_owned()])
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell::from(text.as_str())
    }
}

/// Rows under a header.
#[derive(Debug)]
pub(crate) struct Table {
    headers: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(crate) fn new(headers: &'static [&'static str]) -> Self {
        Table {
            headers,
            rows: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, row: Vec<Cell>) {
        self.rows.push(row);
    }

    pub(crate) fn print(&self, out: &mut dyn Write, styled: bool) -> io::Result<()> {
        let widths = self.widths();
        let headers: Vec<&str> = self.headers.to_vec();
        let line = aligned(&headers, &widths);
        if styled {
            let bold = style::HEADER;
            writeln!(out, "{bold}{line}{bold:#}")?;
        } else {
            writeln!(out, "{line}")?;
        }
        for row in &self.rows {
            let height = row.iter().map(|cell| cell.0.len()).max().unwrap_or(0);
            for index in 0..height {
                let cells: Vec<&str> = row.iter().map(|cell| cell.line(index)).collect();
                writeln!(out, "{}", aligned(&cells, &widths))?;
            }
        }
        Ok(())
    }

    fn widths(&self) -> Vec<usize> {
        let column = |index: usize| {
            let cells = self.rows.iter().filter_map(move |row| row.get(index));
            cells.map(Cell::width).max().unwrap_or(0)
        };
        let headers = self.headers.iter().enumerate();
        headers
            .map(|(index, header)| (width(header) + HEADER_ROOM).max(column(index)))
            .collect()
    }
}

fn aligned(cells: &[&str], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, wanted) in cells.iter().zip(widths) {
        line.push_str(cell);
        line.extend(std::iter::repeat_n(
            ' ',
            wanted.saturating_sub(width(cell)) + 2,
        ));
    }
    line.truncate(line.trim_end_matches(' ').len());
    line
}

fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(table: &Table) -> String {
        let mut out = Vec::new();
        table.print(&mut out, false).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_are_aligned_two_spaces_apart() {
        let mut table = Table::new(&["NAME", "TYPE"]);
        table.push(vec!["a".into(), "Entity".into()]);
        table.push(vec!["größer".into(), "x".into()]);
        assert_eq!(printed(&table), "NAME    TYPE\na       Entity\ngrößer  x\n");
    }

    #[test]
    fn a_cell_may_have_lines() {
        let mut table = Table::new(&["NAME", "ROLES", "TAGS"]);
        table.push(vec![
            "p".into(),
            Cell::lines(["a", "b"]),
            Cell::lines([""; 0]),
        ]);
        assert_eq!(
            printed(&table),
            "NAME    ROLES    TAGS\np       a        -\n        b\n"
        );
    }
}
