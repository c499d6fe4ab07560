//! The command line, read by hand: few options, most of which a fleet file can say better.

use std::time::Duration;

use idrac_sim::{FleetSpec, Generation, InventorySize, JournalMode};

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Usage: idrac-sim [OPTIONS]

  --network ADDRESS        addresses begin after this one [127.20.0.0]
  --count N                how many addresses [16]
  --port N                 one port for all, 0 picks one [8443]
  --generation NAME        idrac7 idrac8 idrac9_v5 idrac9_v6 idrac9_v7 idrac10 or mix [mix]
  --user NAME              administrator of every server [root]
  --password TEXT          its password [calvin]
  --size default|benchmark how much hardware each server holds
  --latency-ms N           delay of every answer
  --handshake-ms N         delay of every TLS handshake
  --session-limit N        sessions each server allows [8]
  --mockup FOLDER          serve this DMTF mockup on every address
  --certificates FOLDER    keep key and certificates there, for the next start
  --spec FILE              a fleet as JSON; options after it change it
  --allow-non-loopback     bind addresses that others can reach
  --print-credentials      show passwords in the start-up table
  --help                   this text";

/// What the command line asks for.
pub(crate) enum Asked {
    Help,
    Run(Box<Options>),
}

pub(crate) struct Options {
    pub(crate) spec: FleetSpec,
    pub(crate) print_credentials: bool,
}

/// Reads the arguments after the program's name.
pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Asked, String> {
    let mut spec = FleetSpec {
        network: Some(std::net::IpAddr::from([127, 20, 0, 0])),
        count: 16,
        port: 8443,
        generations: Generation::MIX.to_vec(),
        journal: JournalMode::Counts,
        ..FleetSpec::default()
    };
    let mut print_credentials = false;
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let (name, inline) = match argument.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (argument, None),
        };
        match name.as_str() {
            "--help" | "-h" => return Ok(Asked::Help),
            "--allow-non-loopback" => {
                spec.allow_non_loopback = true;
                continue;
            }
            "--print-credentials" => {
                print_credentials = true;
                continue;
            }
            _ => {}
        }
        let value = inline.or_else(|| arguments.next()).ok_or_else(|| format!("{name} needs a value"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("{name}: {value:?} is not a number"));
        match name.as_str() {
            "--network" => {
                spec.network =
                    Some(value.parse().map_err(|_| format!("{name}: {value:?} is not an IP address"))?);
            }
            "--count" => spec.count = number()? as usize,
            "--port" => {
                spec.port = value.parse().map_err(|_| format!("{name}: {value:?} is not a port"))?;
            }
            "--generation" if value == "mix" => spec.generations = Generation::MIX.to_vec(),
            "--generation" => {
                let generation = Generation::from_name(&value);
                spec.generations =
                    vec![generation.ok_or_else(|| format!("{name}: there is no generation {value:?}"))?];
            }
            "--user" | "--password" => {
                let Some(account) = spec.defaults.accounts.first_mut() else {
                    return Err(format!("{name}: the fleet file has no account to change"));
                };
                if name == "--user" { account.user = value } else { account.password = value }
            }
            "--size" => {
                spec.defaults.size = match value.as_str() {
                    "default" => InventorySize::default(),
                    "benchmark" => InventorySize::benchmark(),
                    _ => return Err(format!("{name}: {value:?} is neither default nor benchmark")),
                };
            }
            "--latency-ms" => {
                let delay = Duration::from_millis(number()?);
                spec.defaults = spec.defaults.latency(delay);
            }
            "--handshake-ms" => {
                let delay = Duration::from_millis(number()?);
                spec.defaults = spec.defaults.handshake_delay(delay);
            }
            "--session-limit" => spec.defaults.session_limit = number()? as usize,
            "--mockup" => spec.defaults.mockup = Some(value.into()),
            "--certificates" => spec.certificates = Some(value.into()),
            "--spec" => {
                let text = std::fs::read_to_string(&value).map_err(|e| format!("{name} {value}: {e}"))?;
                spec = serde_json::from_str(&text).map_err(|e| format!("{name} {value}: {e}"))?;
            }
            _ => return Err(format!("unknown option {name}")),
        }
    }
    Ok(Asked::Run(Box::new(Options { spec, print_credentials })))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn run(line: &str) -> Result<FleetSpec, String> {
        match parse(line.split_whitespace().map(str::to_owned))? {
            Asked::Run(options) => Ok(options.spec),
            Asked::Help => Err("help".into()),
        }
    }

    #[test]
    fn options_change_the_fleet() {
        let spec = run("--network=127.9.0.0 --count 3 --generation idrac8 --password x").unwrap();
        assert_eq!((spec.count, spec.generations), (3, vec![Generation::Idrac8]));
        assert_eq!(spec.defaults.accounts[0].password, "x");
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(run("--count x").unwrap_err(), "--count: \"x\" is not a number");
        assert_eq!(run("--frobnicate 1").unwrap_err(), "unknown option --frobnicate");
        assert_eq!(run("--port").unwrap_err(), "--port needs a value");
    }
}
