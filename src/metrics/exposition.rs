//! The text format of Prometheus, for what reads nothing else: made of the `OpenMetrics` text, which differs
//! from it in the names of families and in its end.

use std::fmt::Write as _;

/// The text of `OpenMetrics` in the format before it, version 0.0.4.
pub fn prometheus_text(open_metrics: &str) -> String {
    let mut text = String::with_capacity(open_metrics.len());
    // The help of a family comes before its type, which decides on its name.
    let mut help = None;
    for line in open_metrics.lines() {
        if let Some(of) = line.strip_prefix("# HELP ") {
            help = of.split_once(' ');
        } else if let Some((family, kind)) =
            line.strip_prefix("# TYPE ").and_then(|of| of.split_once(' '))
        {
            let (suffix, kind) = match kind {
                "counter" => ("_total", kind),
                "info" => ("_info", "gauge"),
                _ => ("", kind),
            };
            if let Some((_, help)) = help.take().filter(|(of, _)| *of == family) {
                let _ = writeln!(text, "# HELP {family}{suffix} {help}");
            }
            let _ = writeln!(text, "# TYPE {family}{suffix} {kind}");
        } else if !line.starts_with('#') {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::prometheus_text;

    #[test]
    fn families_have_the_names_of_their_samples_and_there_is_no_end() {
        let open_metrics = "# HELP a Some of a.\n# TYPE a counter\n# UNIT a seconds\na_total 1\n\
             # HELP b What it is.\n# TYPE b info\nb_info{version=\"1\"} 1\n\
             # HELP c Now.\n# TYPE c gauge\nc{of=\"# x\"} -1.5\n# EOF\n";
        assert_eq!(
            prometheus_text(open_metrics),
            "# HELP a_total Some of a.\n# TYPE a_total counter\na_total 1\n\
             # HELP b_info What it is.\n# TYPE b_info gauge\nb_info{version=\"1\"} 1\n\
             # HELP c Now.\n# TYPE c gauge\nc{of=\"# x\"} -1.5\n"
        );
    }
}
