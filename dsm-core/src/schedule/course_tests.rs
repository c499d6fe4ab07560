//! What becomes of times: on time, missed, overlapping, and after a leader that could not finish.

use super::*;
use crate::job::NewJob;

const GRACE: Duration = Duration::from_secs(60);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn hourly(catch_up: CatchUp, overlap: Overlap) -> Schedule {
    Schedule::new("hourly", "@hourly", NewJob::new("x"))
        .unwrap()
        .with_catch_up(catch_up)
        .with_overlap(overlap)
}

/// Decides at one moment, for a schedule that stands at 00:00 of the day.
fn decide(schedule: &Schedule, made: &[(&str, JobStatus)], now: &str) -> Decision {
    let course = Course { decided: Some(at("2026-11-23T00:00:00Z")), ..Course::default() };
    let made: Made = made.iter().map(|(due, status)| (at(due), *status)).collect();
    let news = course.news(schedule, Timestamp::UNIX_EPOCH, at(now));
    course.decide(schedule, &news, &made, at(now), GRACE)
}

fn hours(times: &[Timestamp]) -> Vec<i8> {
    let utc = |time: &Timestamp| jiff::tz::TimeZone::UTC.to_datetime(*time).hour();
    times.iter().map(utc).collect()
}

fn reasons(decision: &Decision) -> Vec<Why> {
    decision.skipped.iter().map(|skipped| skipped.why).collect()
}

#[test]
fn a_time_that_comes_is_fired_once() {
    let schedule = hourly(CatchUp::None, Overlap::Skip);
    let fired = decide(&schedule, &[], "2026-11-23T01:00:01Z");
    assert_eq!((hours(&fired.fire), fired.skipped.len()), (vec![1], 0));
    assert_eq!(fired.course.last_due, fired.course.decided);
    let again = fired.course.news(&schedule, Timestamp::UNIX_EPOCH, at("2026-11-23T01:59:59Z"));
    assert_eq!(again, News::default());
    assert_eq!(fired.course.next_due(&schedule, Timestamp::UNIX_EPOCH), Some(at("2026-11-23T02:00:00Z")));
}

#[test]
fn what_was_missed_is_made_up_for_as_asked() {
    let late = "2026-11-23T05:30:00Z";
    let none = decide(&hourly(CatchUp::None, Overlap::Allow), &[], late);
    assert_eq!((hours(&none.fire), reasons(&none)), (vec![], vec![Why::Missed]));
    assert_eq!(
        (none.skipped[0].from, none.skipped[0].until),
        (at("2026-11-23T01:00:00Z"), at("2026-11-23T05:00:00Z"))
    );
    let one = decide(&hourly(CatchUp::One, Overlap::Allow), &[], late);
    assert_eq!((hours(&one.fire), one.skipped[0].until), (vec![5], at("2026-11-23T04:00:00Z")));
    let all = decide(&hourly(CatchUp::All, Overlap::Allow), &[], late);
    assert_eq!((hours(&all.fire), all.skipped.len()), (vec![1, 2, 3, 4, 5], 0));
    // What is on time is no catching up, and is enough of it.
    let on_time = "2026-11-23T05:00:30Z";
    for catch_up in [CatchUp::None, CatchUp::One] {
        assert_eq!(hours(&decide(&hourly(catch_up, Overlap::Allow), &[], on_time).fire), [5]);
    }
    assert!([none, one, all].iter().all(|each| each.course.decided == Some(at("2026-11-23T05:00:00Z"))));
}

#[test]
fn catching_up_is_bounded_and_says_so() {
    let schedule = hourly(CatchUp::All, Overlap::Allow);
    let all = decide(&schedule, &[], "2027-11-23T05:30:00Z");
    assert_eq!(all.fire.len(), MOST_TIMES);
    assert_eq!(all.fire.last(), Some(&at("2027-11-23T05:00:00Z")));
    assert_eq!((all.skipped[0].from, all.skipped[0].why), (at("2026-11-23T01:00:00Z"), Why::Missed));
    let each_second = Schedule { cron: "* * * * * *".parse().unwrap(), ..schedule };
    let ages = each_second_ages(&each_second);
    assert_eq!(ages, (MOST_TIMES, true));
}

/// How many times are found after thirty years.
fn each_second_ages(schedule: &Schedule) -> (usize, bool) {
    let news = Course::default().news(schedule, at("1996-11-23T00:00:00Z"), at("2026-11-23T00:00:00Z"));
    (news.times.len(), news.dropped == Some(at("1996-11-23T00:00:01Z")))
}

#[test]
fn a_rare_time_is_found_however_far_back() {
    let yearly = Schedule { cron: "@yearly".parse().unwrap(), ..hourly(CatchUp::All, Overlap::Allow) };
    let news = Course::default().news(&yearly, at("2020-06-01T00:00:00Z"), at("2026-11-23T00:00:00Z"));
    assert_eq!((news.times.len(), news.dropped), (6, None));
    let last = decide(&Schedule { catch_up: CatchUp::One, ..yearly }, &[], "2031-02-01T00:00:00Z");
    assert_eq!(last.fire, [at("2031-01-01T00:00:00Z")]);
}

#[test]
fn overlap_is_allowed_skipped_or_waits() {
    let (now, last) = ("2026-11-23T02:00:05Z", "2026-11-23T01:00:00Z");
    let running = [(last, JobStatus::Running)];
    let ended = [(last, JobStatus::Failed)];
    let at_two = |overlap, made: &[(&str, JobStatus)]| decide(&hourly(CatchUp::None, overlap), made, now);
    assert_eq!(hours(&at_two(Overlap::Allow, &running).fire), [2]);
    assert_eq!(hours(&at_two(Overlap::Skip, &ended).fire), [2]);
    let skipped = at_two(Overlap::Skip, &running);
    assert_eq!((hours(&skipped.fire), reasons(&skipped)), (vec![], vec![Why::Overlap]));
    assert_eq!(skipped.course.last_due, Some(at(last)), "the one that runs");
    assert_eq!(hours(&at_two(Overlap::Queue, &ended).fire), [2]);
    let waiting = at_two(Overlap::Queue, &running);
    assert_eq!((waiting.fire.len(), waiting.skipped.len(), waiting.course.queued.len()), (0, 0, 1));
    // Hours later that job has ended, and what waited was not missed.
    let schedule = hourly(CatchUp::None, Overlap::Queue);
    let made = Made::from([(at(last), JobStatus::Completed)]);
    let then = waiting.course.decide(&schedule, &News::default(), &made, at("2026-11-23T02:50:00Z"), GRACE);
    assert_eq!((hours(&then.fire), then.course.queued.len()), (vec![2], 0));
    assert_eq!(then.course.last_due, Some(at("2026-11-23T02:00:00Z")));
}

#[test]
fn one_at_a_time_is_made_up_for_where_they_may_not_overlap() {
    let late = "2026-11-23T03:30:00Z";
    let skip = decide(&hourly(CatchUp::All, Overlap::Skip), &[], late);
    assert_eq!((hours(&skip.fire), reasons(&skip)), (vec![1], vec![Why::Overlap]));
    let queue = decide(&hourly(CatchUp::All, Overlap::Queue), &[], late);
    assert_eq!((hours(&queue.fire), queue.course.queued.len()), (vec![1], 2));
    let full = Course { queued: vec![at(late); MOST_TIMES].into(), ..queue.course };
    let news = News { times: [at("2026-11-23T03:30:01Z")].into(), dropped: None };
    let live = Made::from([(at("2026-11-23T01:00:00Z"), JobStatus::Running)]);
    let decision = full.decide(&hourly(CatchUp::All, Overlap::Queue), &news, &live, at(late), GRACE);
    assert_eq!(reasons(&decision), [Why::Full]);
}

#[test]
fn what_a_leader_did_that_could_not_note_it_stands() {
    let (due, late) = ("2026-11-23T01:00:00Z", "2026-11-23T01:30:00Z");
    for catch_up in [CatchUp::None, CatchUp::One, CatchUp::All] {
        let decision = decide(&hourly(catch_up, Overlap::Skip), &[(due, JobStatus::Running)], late);
        assert_eq!((decision.fire.len(), decision.skipped.len()), (0, 0), "{catch_up:?}");
        assert_eq!(decision.course.last_due, Some(at(due)));
    }
    let schedule = hourly(CatchUp::None, Overlap::Queue);
    let course = Course { queued: [at(due)].into(), decided: Some(at(due)), last_due: None };
    let made = Made::from([(at(due), JobStatus::Running)]);
    let decision = course.decide(&schedule, &News::default(), &made, at(late), GRACE);
    assert_eq!((decision.fire.len(), decision.course.queued.len()), (0, 0));
}

#[test]
fn what_goes_by_before_an_edit_or_while_it_is_off_is_not_made_up_for() {
    let schedule = hourly(CatchUp::All, Overlap::Allow);
    let course = Course { decided: Some(at("2026-11-20T00:00:00Z")), ..Course::default() };
    let news = course.news(&schedule, at("2026-11-23T03:30:00Z"), at("2026-11-23T04:30:00Z"));
    assert_eq!(news.times, [at("2026-11-23T04:00:00Z")]);
    let off = Schedule { enabled: false, ..schedule };
    assert_eq!(course.news(&off, Timestamp::UNIX_EPOCH, at("2026-11-23T04:30:00Z")), News::default());
    assert_eq!(course.next_due(&off, Timestamp::UNIX_EPOCH), None);
}
