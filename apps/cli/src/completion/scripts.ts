import type { Shell } from "./shells.ts";

/** Each asks `pixels __complete` at every TAB: they know nothing of commands, and so stay right when there are others. */
export const scripts: Readonly<Record<Shell, string>> = {
  // readline's own completion of paths, of which it knows the quotes, is what "default" stands for
  bash: `# bash completion for pixels. In ~/.bashrc: eval "$(pixels completion bash)"
_pixels() {
  local IFS=$'\\n'
  COMPREPLY=($(pixels __complete bash -- "\${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null </dev/null))
  if [[ \${COMPREPLY[0]-} == :files ]]; then
    COMPREPLY=()
    compopt -o default
  fi
}
complete -F _pixels pixels
`,
  // in a folder of $fpath the file is the body of the function, which then calls the one that it has just defined
  zsh: `#compdef pixels
# zsh completion for pixels. As a file _pixels in a folder of $fpath, or in ~/.zshrc after compinit: eval "$(pixels completion zsh)"
_pixels() {
  local -a found
  found=("\${(@f)$(pixels __complete zsh -- "\${(@Q)words[1,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null </dev/null)}")
  if [[ $found[1] == :files ]]; then
    [[ $PREFIX == -*=* ]] && compset -P 1 '*='
    _files
  elif [[ -n $found[1] ]]; then
    _describe pixels found
  fi
}
if [[ $funcstack[1] == _pixels ]]; then
  _pixels "$@"
else
  compdef _pixels pixels
fi
`,
  // what fish completes for a command that it does not know is paths
  fish: `# fish completion for pixels. In ~/.config/fish/config.fish: pixels completion fish | source
function __pixels_complete
    set -l word (commandline -ct)
    set -l found (pixels __complete fish -- (commandline -opc) "$word" 2>/dev/null </dev/null)
    if test "$found[1]" = :files
        complete -C "'' $word"
    else if set -q found[1]
        string join \\n -- $found
    end
end
complete -c pixels -f -a '(__pixels_complete)'
`,
};
