//! Reading a kind page by page.

use std::sync::Arc;

use feast_registry_core::store::{Consistency, Scan, Write};
use feast_registry_core::{Key, Kind, Record, Store};

use crate::check::Checked;
use crate::context::Context;
use crate::rows::{self, STAMP};
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    trials!["store::pages":
        a_page_holds_at_most_its_limit_and_says_whether_more_follow,
        paging_loses_no_row,
        paging_through_versions_loses_no_row,
        paging_misses_no_row_while_others_come_and_go,
    ]
}

async fn a_page_holds_at_most_its_limit_and_says_whether_more_follow(cx: Context) -> Checked {
    let store = cx.store().await?;
    let rows: Vec<Record> = (0..5)
        .map(|n| rows::entity("p", &format!("e{n}")))
        .collect();
    rows::insert(&*store, &rows).await?;
    for limit in [1, 2, 4, 5, 6, usize::MAX] {
        let scan = Scan::project(Kind::Entity, "p").limit(limit);
        let page = store.scan(&scan, Consistency::Primary).await?;
        ensure_eq!(page.records, rows[..limit.min(5)], "a page of {limit}");
        ensure_eq!(
            page.more,
            limit < 5,
            "whether more follow a page of {limit}"
        );
    }
    let last = Scan::all(Kind::Entity).after(rows[4].key.clone()).limit(1);
    let page = store.scan(&last, Consistency::Primary).await?;
    ensure!(
        page.records.is_empty() && !page.more,
        "behind the last row: {page:?}"
    );
    Ok(())
}

async fn paging_loses_no_row(cx: Context) -> Checked {
    let store = cx.store().await?;
    let mut rows = Vec::new();
    for project in ["p", "q", "ä"] {
        rows.extend((0..11).map(|n| rows::entity(project, &format!("e{n}"))));
    }
    rows::insert(&*store, &rows).await?;
    rows.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    for size in [1, 2, 3, 7, 11, 32, 33, 34] {
        ensure_eq!(
            pages(&store, Scan::all(Kind::Entity), size).await?,
            rows,
            "in pages of {size}"
        );
    }
    Ok(())
}

async fn paging_through_versions_loses_no_row(cx: Context) -> Checked {
    let store = cx.store().await?;
    let mut rows = Vec::new();
    for view in ["a", "aa", "b"] {
        rows.extend((0..12).map(|n| rows::at(Key::version("p", view, n), view, STAMP)));
    }
    rows::insert(&*store, &rows).await?;
    rows.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    for size in [1, 5, 12] {
        let scan = Scan::project(Kind::Version, "p");
        ensure_eq!(pages(&store, scan, size).await?, rows, "in pages of {size}");
    }
    Ok(())
}

async fn paging_misses_no_row_while_others_come_and_go(cx: Context) -> Checked {
    let store = cx.store().await?;
    let staying: Vec<Record> = (0..20)
        .map(|n| rows::entity("p", &format!("e{n:02}")))
        .collect();
    rows::insert(&*store, &staying).await?;
    let mut found = Vec::new();
    let mut scan = Scan::project(Kind::Entity, "p").limit(3);
    for round in 0.. {
        let page = store.scan(&scan, Consistency::Primary).await?;
        let last = page.records.last().map(|row| row.key.clone());
        found.extend(page.records);
        let Some(last) = last.filter(|_| page.more) else {
            break;
        };
        // Before, behind, and in place of the row where the next page begins.
        let come = ["a", "e10x", "z"].map(|name| rows::entity("p", &format!("{name}{round}")));
        let mut writes: Vec<Write> = come.into_iter().map(Write::Insert).collect();
        writes.push(Write::Delete(Key::new(
            Kind::Entity,
            "p",
            format!("a{}", round - 1),
        )));
        rows::write(&*store, writes).await?;
        scan = scan.after(last);
    }
    let stayed: Vec<&Record> = found.iter().filter(|row| staying.contains(row)).collect();
    ensure_eq!(
        stayed,
        staying.iter().collect::<Vec<_>>(),
        "rows that were there all the time"
    );
    Ok(())
}

async fn pages(store: &Arc<dyn Store>, scan: Scan, size: usize) -> Checked<Vec<Record>> {
    let mut rows: Vec<Record> = Vec::new();
    let mut scan = scan.limit(size);
    loop {
        let page = store.scan(&scan, Consistency::Primary).await?;
        ensure!(
            page.records.len() <= size,
            "a page of {size} has {}",
            page.records.len()
        );
        let last = page.records.last().map(|row| row.key.clone());
        rows.extend(page.records);
        match last {
            Some(last) if page.more => scan = scan.after(last),
            None if page.more => ensure!(false, "an empty page says that more follow"),
            _ => return Ok(rows),
        }
    }
}
