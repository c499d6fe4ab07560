//! The corpus through every target, and a few thousand mutations of it, on any compiler. Memory is counted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]
#![allow(unsafe_code, reason = "an allocator that counts has to be one")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Mutations of each input.
const MUTATIONS: u64 = 500;
/// What a target may hold beyond a multiple of its input.
const ROOM: usize = 32 << 20;
/// And the multiple.
const TIMES: usize = 256;

struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(held, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn run(name: &str, target: fn(&[u8]), data: &[u8]) {
    let before = HELD.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    target(data);
    let most = MOST.load(Ordering::Relaxed).saturating_sub(before);
    let allowed = ROOM + TIMES * data.len();
    assert!(most <= allowed, "{name} held {most} bytes for an input of {}", data.len());
}

/// A fixed sequence: the same mutations every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % below.max(1)
    }
}

/// Flips, cuts, doubles or splices.
fn mutate(data: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut out = data.to_vec();
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(out.len().max(1)).min(out.len());
        match dice.roll(6) {
            0 if at < out.len() => out[at] = dice.roll(256) as u8,
            1 => out.truncate(at),
            2 => {
                let piece = out[at..(at + dice.roll(64)).min(out.len())].to_vec();
                out.splice(at..at, piece);
            }
            3 => out.insert(at, *b"\0{}[]\"<>&:,/\\"[..].get(dice.roll(13)).unwrap()),
            4 if at < out.len() => drop(out.remove(at)),
            _ => out.splice(at..at, *b"99999999999999999999").for_each(drop),
        }
    }
    out
}

#[test]
fn the_corpus_and_its_mutations_do_no_harm() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, target) in dsm_fuzz::TARGETS {
        let mut inputs: Vec<Vec<u8>> = std::fs::read_dir(corpus.join(name))
            .unwrap_or_else(|error| panic!("{name} has no corpus: {error}"))
            .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
            .collect();
        assert!(!inputs.is_empty(), "the corpus of {name} is empty");
        inputs.sort();
        inputs.push(Vec::new());
        let mut dice = Dice(1);
        for input in &inputs {
            run(name, *target, input);
            for _ in 0..MUTATIONS {
                run(name, *target, &mutate(input, &mut dice));
            }
        }
    }
}

#[test]
fn every_corpus_belongs_to_a_target() {
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(dsm_fuzz::find(&name).is_some(), "{name} is no target");
    }
}
