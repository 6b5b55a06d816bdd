//! What a shell and `man` know of the program, made of the same table that the command line is read by.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Command};
use clap_complete::{Shell, generate};
use clap_mangen::{Man, generate_to};

/// Which shell.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell that completes
    shell: Shell,
}

/// Where pages are written.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// A folder for the pages of all commands; without it figcast(1) is printed
    folder: Option<PathBuf>,
}

impl CompletionsArgs {
    /// The script for the shell.
    pub fn script(&self, mut command: Command) -> anyhow::Result<String> {
        let (name, mut script) = (command.get_name().to_owned(), Vec::new());
        generate(self.shell, &mut command, name, &mut script);
        Ok(String::from_utf8(script)?.trim_end().to_owned())
    }
}

impl ManArgs {
    /// The page of the program, or what was written.
    pub fn pages(&self, command: Command) -> anyhow::Result<String> {
        if let Some(folder) = &self.folder {
            return written(command, folder);
        }
        let mut page = Vec::new();
        Man::new(command).render(&mut page)?;
        Ok(String::from_utf8(page)?.trim_end().to_owned())
    }
}

fn written(command: Command, folder: &Path) -> anyhow::Result<String> {
    let failed = || format!("cannot write pages into {}", folder.display());
    generate_to(command, folder).with_context(failed)?;
    Ok(format!("the pages are in {}", folder.display()))
}
