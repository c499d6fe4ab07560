//! File descriptors: raised where the system lets us, refused clearly where it does not.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::error::Error;

/// Descriptors for clients, epoll, standard streams and what else the process has open.
const MARGIN: u64 = 256;

/// Makes sure that `listeners` (and twice as many connections as a margin allows) can be opened.
pub(crate) fn ensure(listeners: u64) -> Result<(), Error> {
    let needed = listeners + MARGIN;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_some_and(|soft| Some(soft) != maximum) {
        // Refusal is no error yet: the present limit may do.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    }
    match getrlimit(Resource::Nofile).current {
        Some(limit) if limit < needed => {
            Err(Error::Descriptors { needed, limit, hard: maximum.unwrap_or(u64::MAX) })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_impossible_number_is_refused_with_the_numbers() {
        let hard = getrlimit(Resource::Nofile).maximum;
        let Some(hard) = hard.filter(|h| *h < u64::MAX / 2) else { return };
        let error = ensure(hard + 1).unwrap_err();
        assert!(matches!(error, Error::Descriptors { needed, .. } if needed == hard + 1 + MARGIN), "{error}");
    }
}
