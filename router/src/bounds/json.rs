use super::{Excess, NESTING};

/// Refuses JSON whose arrays and objects are nested too deep. Whether it is JSON at all is not judged here; a parser
/// that reads from the left sees the same strings and brackets as this up to its first error.
pub(crate) fn check_json(text: &[u8]) -> Result<(), Excess> {
    let mut bytes = text.iter();
    let mut depth = 0_usize;
    while let Some(byte) = bytes.next() {
        match byte {
            b'[' | b'{' => {
                depth += 1;
                if depth > NESTING {
                    return Err(Excess::Json);
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => {
                while let Some(byte) = bytes.next() {
                    match byte {
                        b'"' => break,
                        b'\\' => drop(bytes.next()),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(levels: usize) -> String {
        "[".repeat(levels) + &"]".repeat(levels)
    }

    #[test]
    fn arrays_and_objects_count_and_side_by_side_they_do_not_add_up() {
        assert_eq!(check_json(nested(NESTING).as_bytes()), Ok(()));
        assert_eq!(check_json(nested(NESTING + 1).as_bytes()), Err(Excess::Json));
        assert_eq!(
            check_json(r#"{"a":"#.repeat(NESTING + 1).as_bytes()),
            Err(Excess::Json)
        );
        assert_eq!(check_json(nested(NESTING).repeat(9).as_bytes()), Ok(()));
    }

    #[test]
    fn a_bracket_in_a_string_is_text_and_one_after_it_is_not() {
        let brackets = "[".repeat(NESTING + 1);
        assert_eq!(check_json(format!(r#"["\"{brackets}"]"#).as_bytes()), Ok(()));
        for before in [r#""\\""#, r#""\"""#, r#""""#] {
            assert_eq!(
                check_json(format!("{before}{brackets}").as_bytes()),
                Err(Excess::Json)
            );
        }
    }
}
