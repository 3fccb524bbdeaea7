// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

//! The crate `tempfile`, on the command line of benchmark.h.

use std::env;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::Path;
use std::process::exit;
use std::time::Instant;

type Workload = fn(u32, &Path) -> io::Result<()>;

fn nameless(n: u32, dir: &Path) -> io::Result<()> {
    for _ in 0..n {
        drop(tempfile::tempfile_in(dir)?);
    }
    Ok(())
}

fn named(n: u32, dir: &Path) -> io::Result<()> {
    for _ in 0..n {
        tempfile::NamedTempFile::new_in(dir)?.close()?;
    }
    Ok(())
}

fn directory(n: u32, dir: &Path) -> io::Result<()> {
    for _ in 0..n {
        tempfile::TempDir::new_in(dir)?.close()?;
    }
    Ok(())
}

fn write_and_read<F: Read + Write + Seek>(mut file: F) -> io::Result<()> {
    let mut data = [0u8; 1024];

    file.write_all(&data)?;
    file.rewind()?;
    file.read_exact(&mut data)
}

fn use_nameless(n: u32, dir: &Path) -> io::Result<()> {
    for _ in 0..n {
        write_and_read(tempfile::tempfile_in(dir)?)?;
    }
    Ok(())
}

fn use_spooled(n: u32, _dir: &Path) -> io::Result<()> {
    for _ in 0..n {
        write_and_read(tempfile::spooled_tempfile(64 * 1024))?;
    }
    Ok(())
}

fn write_small<F: Write>(n: u32, mut file: F) -> io::Result<()> {
    for _ in 0..n {
        file.write_all(&[0u8; 64])?;
    }
    file.flush()
}

fn small_writes(n: u32, dir: &Path) -> io::Result<()> {
    write_small(n, tempfile::tempfile_in(dir)?)
}

fn small_writes_buffered(n: u32, dir: &Path) -> io::Result<()> {
    write_small(n, BufWriter::new(tempfile::tempfile_in(dir)?))
}

fn copy(n: u32, dir: &Path) -> io::Result<()> {
    for _ in 0..n {
        let mut source = File::open(dir.join("source"))?;

        io::copy(&mut source, &mut tempfile::tempfile_in(dir)?)?;
    }
    Ok(())
}

// A TempDir goes by this, too.
fn remove_tree(_n: u32, dir: &Path) -> io::Result<()> {
    fs::remove_dir_all(dir.join("tree"))
}

const WORKLOADS: [(&str, Workload); 9] = [
    ("anon:tempfile_in", nameless),
    ("named:NamedTempFile", named),
    ("dir:TempDir", directory),
    ("rw1k:tempfile_in", use_nameless),
    ("smallwrites:tempfile_in", small_writes),
    ("smallwrites:BufWriter", small_writes_buffered),
    ("spool:spooled_tempfile", use_spooled),
    ("bigcopy:copy", copy),
    ("rmtree:remove_dir_all", remove_tree),
];

fn main() -> io::Result<()> {
    let args: Vec<String> = env::args().collect();

    if args.len() == 2 && args[1] == "list" {
        for (name, _) in WORKLOADS {
            println!("{name}");
        }
        return Ok(());
    }

    let found = WORKLOADS.iter().find(|(name, _)| args.len() == 4 && *name == args[1]);
    let (Some((name, run)), Some(Ok(n))) = (found, args.get(2).map(|n| n.parse::<u32>())) else {
        eprintln!("Usage: peer list\n       peer WORKLOAD N DIR");
        exit(2);
    };
    let dir = Path::new(&args[3]);

    if !name.starts_with("rmtree") {
        run(n.div_ceil(10), dir)?;
    }
    let start = Instant::now();
    run(n, dir)?;
    println!("{:.1}", start.elapsed().as_nanos() as f64 / f64::from(n));
    Ok(())
}
