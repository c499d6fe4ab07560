//! How long to wait, how often to try, and when.

use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// How often a request is tried and how the pauses grow: `base × 2ⁿ`, at most `cap`, of which a random part
/// between nothing and all is waited (full jitter). The iDRAC's `Retry-After` is the least that is waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries in all, the first included; at least 1.
    pub max_attempts: u32,
    /// The first pause's upper bound.
    pub base: Duration,
    /// Every pause's upper bound.
    pub cap: Duration,
}

impl RetryPolicy {
    /// Tries once.
    pub const NONE: Self = Self { max_attempts: 1, base: Duration::ZERO, cap: Duration::ZERO };

    /// The pause after try number `attempt` (from 1).
    pub(crate) fn pause(&self, attempt: u32, asked: Option<Duration>, random: &Random) -> Duration {
        let doubled =
            self.base.saturating_mul(1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX));
        let jittered = doubled.min(self.cap).mul_f64(random.fraction());
        asked.map_or(jittered, |asked| asked.saturating_add(jittered.min(self.base)))
    }
}

impl Default for RetryPolicy {
    /// Four tries, pauses up to 0.5 s, 1 s and 2 s.
    fn default() -> Self {
        Self { max_attempts: 4, base: Duration::from_millis(500), cap: Duration::from_secs(20) }
    }
}

/// The times a client gives itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For the TCP connection, and again for the TLS handshake.
    pub connect: Duration,
    /// For one attempt from sending to the last byte of the reply; a [`Request`](crate::Request) may ask for another.
    pub attempt: Duration,
    /// For everything that one request causes: waiting for a slot, logging in, every attempt and pause.
    pub deadline: Duration,
}

impl Default for Timeouts {
    /// 10 s, 60 s, 3 min: iDRAC8 answers in up to a minute, and its handshake takes seconds.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            attempt: Duration::from_secs(60),
            deadline: Duration::from_secs(180),
        }
    }
}

/// Random enough to keep a fleet of clients from retrying in step (xorshift64*). Not for secrets.
#[derive(Debug)]
pub(crate) struct Random(AtomicU64);

impl Random {
    pub(crate) fn new() -> Self {
        // The standard library seeds each RandomState differently.
        let seed = std::hash::RandomState::new().build_hasher().finish();
        Self(AtomicU64::new(seed | 1))
    }

    /// Between 0 and 1.
    fn fraction(&self) -> f64 {
        let mut x = self.0.load(Ordering::Relaxed);
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.0.store(x, Ordering::Relaxed);
        (x.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// `Retry-After`: seconds, or an HTTP date, which is turned into a pause from `now` on.
pub(crate) fn parse_retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    Some(parse_http_date(value)?.duration_since(now).unwrap_or(Duration::ZERO))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that HTTP servers may still send (RFC 9110, 5.6.7).
pub(crate) fn parse_http_date(text: &str) -> Option<SystemTime> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_ascii_whitespace();
    let (_weekday, day, month, year) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let (time, zone) = (words.next()?, words.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? as i64 + 1;
    let seconds = parse_time(time)?;
    if zone != "GMT" {
        return None;
    }
    from_civil(year.parse().ok()?, month, day.parse().ok()?, seconds)
}

/// `2024-05-01T12:00:00-05:00` (or `Z`, with or without a fraction): how Redfish writes times. A time without
/// an offset is none: it cannot be compared.
pub(crate) fn parse_redfish_time(text: &str) -> Option<SystemTime> {
    let (date, rest) = text.split_once('T')?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let (time, _) = rest.split_at(rest.find(['Z', '+', '-'])?);
    let seconds = parse_time(time.split('.').next()?)?;
    from_civil(year, month, day, seconds - parse_offset(text)?)
}

/// The offset of such a time, in seconds east of Greenwich.
pub(crate) fn parse_offset(text: &str) -> Option<i64> {
    let (_, rest) = text.split_once('T')?;
    let (_, zone) = rest.split_at(rest.find(['Z', '+', '-'])?);
    Some(match zone.split_at(1) {
        ("Z", "") => 0,
        (sign, hhmm) => {
            let (hours, minutes) = hhmm.split_once(':')?;
            let (hours, minutes) = (hours.parse::<i64>().ok()?, minutes.parse::<i64>().ok()?);
            if !(0..24).contains(&hours) || !(0..60).contains(&minutes) {
                return None;
            }
            let offset = hours * 3600 + minutes * 60;
            if sign == "-" { -offset } else { offset }
        }
    })
}

/// The other way round, in UTC: `2024-05-01T17:00:00-00:00`. The minus says that the zone of the peer is not known, and needs
/// no escape in a query.
pub(crate) fn format_redfish_time(at: SystemTime) -> String {
    let seconds = at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days are counted in years that begin in March, so that the leap day comes last.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hours, minutes, seconds) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}-00:00")
}

/// `hh:mm:ss` in seconds.
fn parse_time(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, ':').map(|part| part.parse::<i64>().ok());
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    let valid = (0..24).contains(&hours) && (0..60).contains(&minutes) && (0..=60).contains(&seconds);
    valid.then_some(hours * 3600 + minutes * 60 + seconds)
}

/// Days are counted in years that begin in March, so that the leap day comes last.
fn from_civil(year: i64, month: i64, day: i64, seconds: i64) -> Option<SystemTime> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let days = year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468;
    let since_epoch = u64::try_from(days * 86_400 + seconds).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(since_epoch))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn reads_times() {
        assert_eq!(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(at(784_111_777)));
        assert_eq!(parse_redfish_time("2024-02-29T23:59:59-05:00"), Some(at(1_709_269_199)));
        assert_eq!(parse_redfish_time("1970-01-01T00:00:01.5Z"), Some(at(1)));
        assert_eq!(parse_offset("2024-02-29T23:59:59-05:30"), Some(-19_800));
        for time in [0, 951_782_400, 1_709_269_199, 1_767_225_599] {
            assert_eq!(parse_redfish_time(&format_redfish_time(at(time))), Some(at(time)), "{time}");
        }
        for bad in ["", "TIME_NA", "00:00:00Z", "2024-02-29T10:00:00", "2024-13-01T00:00:00Z", "é"] {
            assert_eq!(parse_redfish_time(bad), None, "{bad}");
        }
        assert_eq!(parse_retry_after(" 7 ", at(0)), Some(Duration::from_secs(7)));
        assert_eq!(
            parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", at(784_111_770)),
            Some(Duration::from_secs(7))
        );
        assert_eq!(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", at(800_000_000)), Some(Duration::ZERO));
        assert_eq!(parse_retry_after("soon", at(0)), None);
    }

    #[test]
    fn pauses_stay_in_bounds_and_differ() {
        let (policy, random) = (RetryPolicy::default(), Random::new());
        let pauses: Vec<_> = (0..64).map(|_| policy.pause(3, None, &random)).collect();
        assert!(pauses.iter().all(|pause| *pause <= Duration::from_secs(2)));
        assert!(pauses.windows(2).any(|pair| pair[0] != pair[1]));
        assert!(policy.pause(1, Some(Duration::from_secs(9)), &random) >= Duration::from_secs(9));
        assert!(policy.pause(60, None, &random) <= policy.cap);
    }
}
