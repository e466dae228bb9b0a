//! The proof that a listing is complete, and each way it fails.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use deel::{ListError, Listing, Page, PersonRecord};
use proptest::prelude::*;

fn rows(ids: &[&str]) -> Vec<PersonRecord> {
    ids.iter().map(|id| PersonRecord { id: Some((*id).to_owned()), ..PersonRecord::default() }).collect()
}

fn page(ids: &[&str], total: u64) -> Page<PersonRecord> {
    Page { rows: rows(ids), bad_rows: 0, total_rows: Some(total) }
}

/// Feeds pages until done, out of pages or refused; then asks for the proof.
fn list(pages: Vec<Page<PersonRecord>>) -> Result<Vec<String>, ListError> {
    let mut listing = Listing::default();
    for page in pages {
        if listing.is_done() {
            break;
        }
        listing.push(page)?;
    }
    let complete = listing.finish()?;
    Ok(complete.iter().filter_map(|row| row.id.clone()).collect())
}

#[test]
fn all_rows_are_complete() {
    assert_eq!(list(vec![page(&["a", "b"], 3), page(&["c"], 3)]).unwrap(), ["a", "b", "c"]);
    assert_eq!(list(vec![page(&["a", "b"], 2), page(&["never read"], 9)]).unwrap(), ["a", "b"]);
}

#[test]
fn nobody_is_complete_too_and_says_so() {
    let mut listing = Listing::default();
    listing.push(page(&[], 0)).unwrap();
    assert!(listing.is_done());
    assert!(listing.finish().unwrap().is_empty());
}

#[test]
fn each_doubt_has_its_error() {
    let error = |pages| list(pages).unwrap_err();
    assert!(matches!(error(vec![]), ListError::NoTotal { collected: 0 }));
    let no_total = Page { total_rows: None, ..page(&["a"], 0) };
    assert!(matches!(error(vec![no_total]), ListError::NoTotal { collected: 1 }));
    assert!(matches!(
        error(vec![page(&["a"], 3), page(&["b"], 4)]),
        ListError::TotalChanged { before: 3, after: 4 }
    ));
    assert!(matches!(
        error(vec![page(&["a"], 3), page(&[], 3)]),
        ListError::Short { collected: 1, total: 3 }
    ));
    assert!(matches!(error(vec![page(&["a", "b"], 1)]), ListError::Long { collected: 2, total: 1 }));
    assert!(matches!(error(vec![page(&["a"], 0)]), ListError::Long { collected: 1, total: 0 }));
    assert!(matches!(
        error(vec![page(&["a", "b"], 4), page(&["b", "c"], 4)]),
        ListError::Repeated { repeated: 1, collected: 4 }
    ));
    let mut nameless = page(&["a", "b"], 2);
    nameless.rows[1].id = None;
    assert!(matches!(error(vec![nameless]), ListError::NoId { rows: 1 }));
    assert!(matches!(error(vec![Page { bad_rows: 2, ..page(&["a"], 3) }]), ListError::BadRow { rows: 2 }));
}

#[test]
fn everybody_withheld_is_the_token_and_not_the_people() {
    let withheld = |ids: &[&str]| {
        let mut page = page(ids, 2);
        page.rows.iter_mut().for_each(|row| row.sensitive_withheld = true);
        page
    };
    assert!(matches!(list(vec![withheld(&["a", "b"])]), Err(ListError::SensitiveDataWithheld { rows: 2 })));
    assert_eq!(list(vec![withheld(&["a"]), page(&["b"], 2)]).unwrap().len(), 2);
}

proptest! {
    /// However the rows are cut into pages: complete exactly if every one of `total` distinct rows came.
    #[test]
    fn complete_means_all(sizes in prop::collection::vec(1..5_usize, 0..8), total in 0..24_u64, drop: bool) {
        let received: usize = sizes.iter().sum::<usize>() - usize::from(drop && !sizes.is_empty());
        let ids: Vec<String> = (0..received).map(|n| n.to_string()).collect();
        let mut rest: Vec<&str> = ids.iter().map(String::as_str).collect();
        let mut pages = Vec::new();
        for size in sizes {
            let cut = rest.split_off(size.min(rest.len()));
            pages.push(page(&rest, total));
            rest = cut;
        }
        pages.push(page(&[], total));
        match list(pages) {
            Ok(found) => prop_assert_eq!((found.len() as u64, &found[..]), (total, &ids[..total as usize])),
            Err(_) => prop_assert!(received as u64 != total),
        }
    }
}

#[test]
fn what_is_kept_of_rows_is_complete_when_all_rows_came() {
    let mut listing: Listing<usize> = Listing::default();
    listing.push_with(page(&["a", "bb"], 3), |row| Some(row.id.unwrap().len())).unwrap();
    assert_eq!((listing.offset(), listing.total(), listing.is_done()), (2, Some(3), false));
    listing.push_with(page(&["ccc"], 3), |_| None).unwrap();
    assert_eq!(
        *listing.finish().unwrap(),
        [1, 2],
        "of the third row nothing was kept, and it came all the same"
    );
    let mut listing: Listing<usize> = Listing::default();
    listing.push_with(page(&["a"], 2), |_| None).unwrap();
    assert!(matches!(listing.finish(), Err(ListError::Short { collected: 1, total: 2 })));
}
