//! One clock for the simulator and the client: whoever waits moves it, so that no test waits.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use dell_redfish::clock::{Clock, Instant};

/// The client's view of a simulator's manual clock. A sleep moves the simulated time on and returns at once.
#[derive(Debug)]
pub struct OwnedClock {
    world: idrac_sim::Clock,
    began: Instant,
    wall: SystemTime,
}

impl OwnedClock {
    /// A client's clock that drives this simulated one.
    #[must_use]
    pub fn over(world: idrac_sim::Clock) -> Self {
        Self { world, began: Instant::now(), wall: SystemTime::now() }
    }
}

#[async_trait]
impl Clock for OwnedClock {
    fn now(&self) -> Instant {
        self.began + self.world.now()
    }

    fn wall(&self) -> SystemTime {
        self.wall + self.world.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.world.advance(duration);
        // Whatever waited for this moment in the simulator (a listener that comes back, say) gets its turn.
        for _ in 0..16 {
            tokio::task::yield_now().await;
        }
    }
}
