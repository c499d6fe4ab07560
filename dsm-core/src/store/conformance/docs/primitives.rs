//! The calls of a backend, one by one.

use bytes::Bytes;
use futures_util::future::join_all;

use super::Stage;
use crate::store::conformance::bench::{Stop, Verdict, holds, same};
use crate::store::{Doc, DocStore, Expected, Put};

fn value(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

async fn write(stage: &Stage, key: &str, value: Bytes, expected: Expected) -> Verdict<i64> {
    match stage.docs.put_if(key, value, expected).await? {
        Put::Stored(rev) => Ok(rev),
        Put::Conflict => Err(Stop::Fail(format!("`{key}` could not be written as {expected:?}"))),
    }
}

pub(super) async fn what_is_written_is_read(stage: Stage) -> Verdict {
    same!(stage.docs.get("none").await?, None, "a document nobody wrote");
    let every: Vec<u8> = (0..=255).collect();
    let big: Vec<u8> = every.iter().copied().cycle().take(1_200_000).collect();
    for (key, bytes) in [("empty", Vec::new()), ("every-byte", every), ("big", big)] {
        let rev = write(&stage, key, bytes.clone().into(), Expected::Absent).await?;
        let read = stage.docs.get(key).await?;
        holds!(
            read.as_ref().is_some_and(|doc| doc.value == bytes),
            format!("`{key}` is not what was written")
        );
        same!(read.map(|doc| doc.rev), Some(rev), "the revision read and the one told");
    }
    Ok(())
}

pub(super) async fn absent_means_absent(stage: Stage) -> Verdict {
    let rev = write(&stage, "a", value("first"), Expected::Absent).await?;
    same!(stage.docs.put_if("a", value("second"), Expected::Absent).await?, Put::Conflict, "a second one");
    same!(stage.docs.get("a").await?, Some(Doc { rev, value: value("first") }), "the first one");
    holds!(stage.docs.delete_if("a", rev).await?, "it cannot be removed");
    write(&stage, "a", value("third"), Expected::Absent).await?;
    same!(stage.docs.get("a").await?.map(|doc| doc.value), Some(value("third")), "one after a removal");
    Ok(())
}

pub(super) async fn a_write_wants_its_revision(stage: Stage) -> Verdict {
    same!(stage.docs.put_if("a", value("x"), Expected::Rev(1)).await?, Put::Conflict, "a write over nothing");
    same!(stage.docs.get("a").await?, None, "what a refused write left");
    let first = write(&stage, "a", value("x"), Expected::Absent).await?;
    let second = write(&stage, "a", value("x"), Expected::Rev(first)).await?;
    holds!(first != second, "a write of the same value kept the revision");
    same!(stage.docs.put_if("a", value("y"), Expected::Rev(first)).await?, Put::Conflict, "a write too late");
    same!(stage.docs.get("a").await?, Some(Doc { rev: second, value: value("x") }), "what it left");
    Ok(())
}

pub(super) async fn a_removal_wants_its_revision(stage: Stage) -> Verdict {
    holds!(!stage.docs.delete_if("a", 1).await?, "what is not there was removed");
    let first = write(&stage, "a", value("x"), Expected::Absent).await?;
    let second = write(&stage, "a", value("y"), Expected::Rev(first)).await?;
    holds!(!stage.docs.delete_if("a", first).await?, "a removal came too late and was made");
    same!(stage.docs.get("a").await?.map(|doc| doc.rev), Some(second), "what it left");
    holds!(stage.docs.delete_if("a", second).await?, "a removal was refused");
    holds!(!stage.docs.delete_if("a", second).await?, "a removal was made twice");
    same!(stage.docs.get("a").await?, None, "what was removed");
    Ok(())
}

async fn scanned(stage: &Stage, prefix: &str, after: Option<&str>, limit: usize) -> Verdict<Vec<String>> {
    Ok(stage.docs.scan(prefix, after, limit).await?.into_iter().map(|(key, _)| key).collect())
}

pub(super) async fn a_scan_goes_in_order(stage: Stage) -> Verdict {
    let keys = ["a-b", "a/1", "a/10", "a/10/x", "a/2", "a/a", "a0", "aa", "b/1"];
    for key in keys.iter().rev() {
        write(&stage, key, value(key), Expected::Absent).await?;
    }
    same!(scanned(&stage, "", None, 100).await?, keys, "all of them");
    same!(scanned(&stage, "a/", None, 100).await?, ["a/1", "a/10", "a/10/x", "a/2", "a/a"], "a prefix");
    same!(scanned(&stage, "a/", Some("a/10"), 100).await?, ["a/10/x", "a/2", "a/a"], "after a key");
    same!(scanned(&stage, "a/", Some("a/1z"), 100).await?, ["a/2", "a/a"], "after a key that is not there");
    same!(scanned(&stage, "a/", Some("a/a"), 100).await?, [""; 0], "after the last one");
    same!(scanned(&stage, "c", None, 100).await?, [""; 0], "a prefix of nothing");
    let rows = stage.docs.scan("b/", None, 100).await?;
    let alone = stage.docs.get("b/1").await?;
    same!(rows.into_iter().next().map(|(_, doc)| doc), alone, "a document scanned and read");
    Ok(())
}

pub(super) async fn a_scan_is_cut_into_pages(stage: Stage) -> Verdict {
    let keys: Vec<String> = (0..25).map(|number| format!("page/{number:03}")).collect();
    for key in &keys {
        write(&stage, key, value(key), Expected::Absent).await?;
    }
    let (mut seen, mut pages) = (Vec::<String>::new(), 0);
    loop {
        let page = scanned(&stage, "page/", seen.last().map(String::as_str), 10).await?;
        holds!(page.len() <= 10, "a page has more than its limit");
        if page.is_empty() {
            break;
        }
        seen.extend(page);
        pages += 1;
        holds!(pages <= 25, "the pages do not end");
    }
    same!(seen, keys, "the pages together");
    Ok(())
}

pub(super) async fn one_of_many_wins(stage: Stage) -> Verdict {
    const WRITERS: usize = 6;
    const TIMES: usize = 10;
    let count = |docs: std::sync::Arc<dyn DocStore>| async move {
        let mut won = 0;
        while won < TIMES {
            let there = docs.get("count").await?;
            let number = there.as_ref().map_or(0, |doc| doc.value.len());
            let expected = there.map_or(Expected::Absent, |doc| Expected::Rev(doc.rev));
            let next = Bytes::from(vec![b'x'; number + 1]);
            if let Put::Stored(_) = docs.put_if("count", next, expected).await? {
                won += 1;
            }
        }
        Verdict::Ok(())
    };
    let writers = (0..WRITERS).map(|_| tokio::spawn(count(stage.docs.clone())));
    for ended in join_all(writers).await {
        ended.map_err(|error| Stop::Fail(format!("a writer ended early: {error}")))??;
    }
    let counted = stage.docs.get("count").await?.map_or(0, |doc| doc.value.len());
    same!(counted, WRITERS * TIMES, "writes that are left of those told to be made");
    Ok(())
}

pub(super) async fn time_does_not_run_back(stage: Stage) -> Verdict {
    let mut before = stage.docs.now().await?;
    for _ in 0..5 {
        let now = stage.docs.now().await?;
        holds!(now >= before, format!("{now} came after {before}"));
        before = now;
    }
    Ok(())
}
