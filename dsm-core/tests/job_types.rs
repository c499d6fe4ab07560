//! `docs/job-types.md` is made of what the handlers say of themselves. `DSM_DOCS=write` makes it anew.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

use std::fmt::Write as _;
use std::path::Path;

use dsm_core::Registry;
use dsm_core::handlers::{JobCard, Key};

const HEAD: &str = "\
# Job types

Made from the handlers by `cargo test -p dsm-core --test job_types` (`DSM_DOCS=write` writes it anew).

All types take the servers they work on as `target_scope.server_ids` (ids of `servers`); a bare list and `details.server_id` \
count too. Null `details`, a null `target_scope` and unknown keys are fine; a wrong type is refused with its field's name before \
anything is tried.

Types that change servers also take in `details`:

| key | kind | what for |
| --- | --- | --- |
| `dry_run` | flag = false | says what would be done, and changes nothing |
| `max_failures` | number = a tenth of the servers, at least 3 | once more servers than this have failed, no other is begun |
| `batch_size` | number = none | servers that must be through before the next ones begin |
| `canary` | number = 0 | so many go first; unless all of them do well, no other is begun |
| `stagger_ms` | 0 to 3600000 = 0 | least time between two beginnings |

Types that only read take them as well, without a `max_failures` of their own.

All types that work server by server put into `details`: `total`, `total_servers`, `success_count`, `failed_count`, \
`skipped_count`, `results` (one entry a server: `server_id`, `server`, `ip_address`, `hostname`, `success`, `status`, `message` or \
`error`), `failed_servers`, `untouched` (servers that were not begun) and `halted_because`, `console_log`, `rollout`; while they \
run `current_server_index`, `current_step`, `current_server_ip`, `active_server_ips`, `progress_percent`. A job that did well in \
part says `partial: true` and `error`; one that only a person can settle `needs_person: true`.

";

fn keys(text: &mut String, title: &str, keys: &[Key]) {
    if keys.is_empty() {
        return;
    }
    writeln!(text, "| {title} | kind | what for |\n| --- | --- | --- |").unwrap();
    for Key { name, kind, about } in keys {
        writeln!(text, "| `{name}` | {} | {} |", kind.replace('|', "\\|"), about.replace('|', "\\|"))
            .unwrap();
    }
    text.push('\n');
}

fn told(cards: &[&JobCard]) -> String {
    let mut text = HEAD.to_owned();
    text.push_str("| type | changes servers | completed when | a second run |\n| --- | --- | --- | --- |\n");
    for card in cards {
        let changes = if card.changes { "yes" } else { "no" };
        let name = card.job_type;
        writeln!(text, "| [`{name}`](#{name}) | {changes} | {} | {} |", card.completed, card.again).unwrap();
    }
    for card in cards {
        writeln!(text, "\n## {}\n\n{}\n", card.job_type, card.about).unwrap();
        keys(&mut text, "input", card.input);
        keys(&mut text, "output", card.output);
        if !card.rows.is_empty() {
            let rows: Vec<String> = card.rows.iter().map(|row| format!("`{row}`")).collect();
            writeln!(text, "Writes {}.", rows.join(", ")).unwrap();
        }
    }
    text
}

#[test]
fn the_document_says_what_the_handlers_say() {
    let told = told(&Registry::builtin().cards());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/job-types.md");
    if std::env::var("DSM_DOCS").is_ok_and(|word| word == "write") {
        std::fs::write(&path, &told).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == told, "docs/job-types.md is old: run this test with DSM_DOCS=write");
}

#[test]
fn every_type_has_a_card_of_its_own_name() {
    let registry = Registry::builtin();
    let names: Vec<&str> = registry.cards().iter().map(|card| card.job_type).collect();
    for name in registry.job_types() {
        assert!(names.contains(&name.as_str()), "{name} has no card");
    }
}
