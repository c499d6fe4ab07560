//! Known answers, and properties of every expression over days on which the clocks change.

use super::*;

fn cron(text: &str) -> Cron {
    text.parse().unwrap()
}

fn zone(name: &str) -> Zone {
    name.parse().unwrap()
}

/// The times after `from`, as local times.
fn dues(text: &str, place: &str, from: &str, count: usize) -> Vec<String> {
    let (cron, zone) = (cron(text), zone(place));
    let mut at: Timestamp = from.parse().unwrap();
    let mut dues = Vec::new();
    while dues.len() < count
        && let Some(due) = cron.next_after(&zone, at)
    {
        dues.push(zone.rules().to_datetime(due).to_string());
        at = due;
    }
    dues
}

#[test]
fn days_names_and_short_forms() {
    assert_eq!(
        dues("0 9 * * mon-fri", "UTC", "2026-11-20T10:00:00Z", 2),
        ["2026-11-23T09:00:00", "2026-11-24T09:00:00"]
    );
    assert_eq!(
        dues("0 0 13 * fri", "UTC", "2026-11-01T00:00:00Z", 3),
        ["2026-11-06T00:00:00", "2026-11-13T00:00:00", "2026-11-20T00:00:00"],
        "either day is enough"
    );
    assert_eq!(
        dues("0 0 */2 * sun", "UTC", "2026-11-01T00:00:00Z", 2),
        ["2026-11-15T00:00:00", "2026-11-29T00:00:00"],
        "a thinned out day is no named one: both must fit"
    );
    assert_eq!(dues("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", 1), ["2028-02-29T00:00:00"]);
    assert_eq!(dues("0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", 1), ["2104-02-29T00:00:00"]);
    assert_eq!(dues("0 0 31 * *", "UTC", "2026-01-31T00:00:00Z", 1), ["2026-03-31T00:00:00"]);
    assert_eq!(dues("@weekly", "UTC", "2026-11-23T00:00:00Z", 1), ["2026-11-29T00:00:00"]);
    assert_eq!(dues("@Hourly", "UTC", "2026-11-23T00:59:59.999Z", 1), ["2026-11-23T01:00:00"]);
    assert_eq!(
        dues("15,45 */20 10-11 * * *", "UTC", "2026-11-23T11:40:15Z", 2),
        ["2026-11-23T11:40:45", "2026-11-24T10:00:15"]
    );
}

#[test]
fn a_time_that_is_skipped_is_due_at_the_change() {
    let eve = "2026-03-28T12:00:00Z";
    assert_eq!(dues("30 2 * * *", "Europe/Berlin", eve, 2), ["2026-03-29T03:00:00", "2026-03-30T02:30:00"]);
    assert_eq!(
        dues("*/10 2,3 * * *", "Europe/Berlin", eve, 3),
        ["2026-03-29T03:00:00", "2026-03-29T03:10:00", "2026-03-29T03:20:00"],
        "once for all that is skipped, and for what is due then anyway"
    );
    // Half an hour at Lord Howe; a whole day in Samoa.
    assert_eq!(
        dues("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", 2),
        ["2026-10-04T02:30:00", "2026-10-05T02:15:00"]
    );
    assert_eq!(
        dues("0 12 * * *", "Pacific/Apia", "2011-12-29T12:00:00Z", 3),
        ["2011-12-29T12:00:00", "2011-12-31T00:00:00", "2011-12-31T12:00:00"]
    );
}

#[test]
fn a_time_that_comes_twice_is_due_once() {
    let place = zone("America/New_York");
    let at = cron("30 1 * * *").next_after(&place, "2026-11-01T00:00:00Z".parse().unwrap()).unwrap();
    assert_eq!(at.to_string(), "2026-11-01T05:30:00Z", "the first time");
    let next = cron("30 1 * * *").next_after(&place, at).unwrap();
    assert_eq!(next.to_string(), "2026-11-02T06:30:00Z");
    let second = "2026-11-01T06:10:00Z".parse().unwrap();
    assert_eq!(cron("30 1 * * *").next_after(&place, second), Some(next), "asked for within the second time");
}

#[test]
fn what_names_no_hour_goes_by_the_time_that_passes() {
    let place = zone("America/New_York");
    for (from, until) in
        [("2026-11-01T03:00:00Z", "2026-11-01T09:00:00Z"), ("2026-03-08T03:00:00Z", "2026-03-08T09:00:00Z")]
    {
        let (mut at, until): (Timestamp, Timestamp) = (from.parse().unwrap(), until.parse().unwrap());
        let mut count = 0;
        while at < until {
            let next = cron("*/15 * * * *").next_after(&place, at).unwrap();
            assert_eq!(next.as_second() - at.as_second(), 900, "after {at}");
            at = next;
            count += 1;
        }
        assert_eq!(count, 24);
    }
}

#[test]
fn every_next_time_is_later_and_named() {
    let zones = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"];
    let texts = [
        "*/7 * * * *",
        "30 2 * * *",
        "0 */3 * * 1-5",
        "1 2 3 4 5 6",
        "0 0 1 * *",
        "59 59 23 * * *",
        "0-59 1 * * *",
    ];
    for place in zones.map(zone) {
        for cron in texts.map(cron) {
            let mut at: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
            for _ in 0..500 {
                let next = cron.next_after(&place, at).unwrap();
                assert!(next > at, "{cron} in {place} after {at}");
                // Nothing lies between: any moment before leads to the same one.
                let between =
                    Timestamp::from_second(i64::midpoint(at.as_second(), next.as_second())).unwrap();
                assert_eq!(cron.next_after(&place, between), Some(next), "{cron} in {place} after {between}");
                at = next;
            }
        }
    }
}

#[test]
fn what_is_no_expression_is_refused_with_a_way_out() {
    for (text, part) in [
        ("", "0 fields"),
        ("* * * *", "4 fields"),
        ("* * * * * * *", "7 fields"),
        ("@reboot", "@hourly"),
        ("@", "@hourly"),
        ("61 * * * *", "0 to 59"),
        ("0 0 30 2 *", "never comes"),
        ("0 0 31 4,6,9,11 *", "never comes"),
        ("0 0 L * *", "day of the month"),
    ] {
        let error = text.parse::<Cron>().unwrap_err();
        assert!(error.chain().contains(part), "`{text}`: {}", error.chain());
        assert_eq!(error.subject(), Some("cron"));
    }
    assert!("*".repeat(300).parse::<Cron>().is_err());
}

#[test]
fn an_expression_is_stored_as_its_text() {
    let cron = cron(" 0 2 * * sun ");
    assert_eq!(serde_json::to_value(&cron).unwrap(), "0 2 * * sun");
    assert_eq!(serde_json::from_str::<Cron>("\"0 2 * * sun\"").unwrap(), cron);
    assert!(serde_json::from_str::<Cron>("\"x\"").is_err());
}
