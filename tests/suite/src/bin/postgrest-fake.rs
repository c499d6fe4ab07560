//! The fake PostgREST as a process of its own, for tests in other languages: starts a PostgreSQL with the existing
//! schema (or takes `--database <address>` as it is), says where it is in one line of JSON, and ends with its input.
//!
//! `postgrest-fake [--database ADDRESS] [--schema NAME] [--max-rows N|none] [--key KEY] [--secret SECRET]`
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "that is how it speaks")]

use std::process::ExitCode;

#[cfg(unix)]
#[tokio::main]
async fn main() -> ExitCode {
    match unix::run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(unix))]
fn main() -> ExitCode {
    eprintln!("it needs a PostgreSQL of its own, which is started on Unix only");
    ExitCode::FAILURE
}

#[cfg(unix)]
mod unix {
    use std::io::Read;

    use dsm_suite::Failure;
    use dsm_suite::postgres::Postgres;
    use dsm_suite::postgrest::{EXISTING_FUNCTIONS, EXISTING_SCHEMA, Postgrest, PostgrestOptions};

    pub(super) async fn run() -> Result<(), Failure> {
        let (mut options, mut database) = (PostgrestOptions::default(), None);
        let mut arguments = std::env::args().skip(1);
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--database" => database = Some(value),
                "--schema" => options.schema = value,
                "--max-rows" => options.max_rows = if value == "none" { None } else { Some(value.parse()?) },
                "--key" => options.key = value,
                "--secret" => options.shared_secret = Some(value),
                _ => return Err(format!("{name} is not known here").into()),
            }
        }
        let mut own = None;
        let database = match database {
            Some(address) => address,
            None => {
                let server = Postgres::own("", &[])?.ok_or("SKIPPED: PostgreSQL is not installed")?;
                let address = server.database()?;
                let name = address.rsplit('/').next().unwrap_or_default();
                server.sql(name, EXISTING_SCHEMA)?;
                server.sql(name, EXISTING_FUNCTIONS)?;
                own = Some(server);
                address
            }
        };
        let fake = Postgrest::start(&database, options).await?;
        let told = serde_json::json!({"url": fake.url(), "key": fake.key(), "database": database});
        println!("{told}");
        // Whoever started it holds the other end, and lets go of it in dying, too.
        tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
        drop((fake, own));
        Ok(())
    }
}
