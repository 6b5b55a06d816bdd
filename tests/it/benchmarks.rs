//! The page of what was measured, and how benchmarks fill it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use document::with_section;

#[path = "../../benches/figcast/report/document.rs"]
mod document;

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect(name)
}

#[test]
fn a_section_holds_what_was_written_last_and_the_rest_of_the_page_stays() {
    let page = "# Page\n\n<!-- bench:views -->\n<!-- /bench -->\nwords\n<!-- bench:merge -->\nold\n<!-- /bench -->\n";
    let once = with_section(page, "merge", "| a |\n|---|\n").expect("a section");
    assert_eq!(
        once,
        "# Page\n\n<!-- bench:views -->\n<!-- /bench -->\nwords\n\
         <!-- bench:merge -->\n\n| a |\n|---|\n\n<!-- /bench -->\n"
    );
    assert_eq!(with_section(&once, "merge", "| a |\n|---|").expect("a section"), once);
    let both = with_section(&once, "views", "new").expect("a section");
    assert!(both.contains("<!-- bench:views -->\n\nnew\n\n<!-- /bench -->\nwords\n"), "{both}");
    assert!(both.ends_with(once.split("words").last().expect("the rest")), "{both}");
}

#[test]
fn a_section_that_is_not_there_or_has_no_end_is_told_by_name() {
    let open = "<!-- bench:views -->\n<!-- bench:merge -->\n<!-- /bench -->\n";
    for (page, section) in
        [("# Page\n", "views"), (open, "views"), ("<!-- bench:merge -->\n", "merge")]
    {
        let error = with_section(page, section, "text").expect_err(page).to_string();
        assert!(error.contains(section), "{error}");
    }
}

#[test]
fn the_page_has_a_section_for_each_benchmark_that_the_makefile_runs_and_no_other() {
    let main = file("benches/figcast/main.rs");
    let (_, usual) = main.split_once("const USUAL").expect("the usual ones");
    let (usual, _) =
        usual.split_once(';').and_then(|(_, list)| list.split_once(';')).expect("a list");
    let mut run: BTreeSet<String> =
        usual.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    let makefile = file("Makefile");
    for command in makefile.split("$(FIGCAST_BENCH) ").skip(1) {
        let words: Vec<&str> = command.split_whitespace().take(3).collect();
        let section = if words[1] == "--section" { words[2] } else { words[0] };
        run.insert(section.to_owned());
    }
    let page = file("docs/BENCHMARKS.md");
    let sections = page.split("<!-- bench:").skip(1).filter_map(|rest| rest.split(" -->").next());
    assert_eq!(sections.map(str::to_owned).collect::<BTreeSet<_>>(), run);
    for section in &run {
        with_section(&page, section, "").expect(section);
    }
}
