package visit

import (
	"bytes"
	"encoding/base64"
	"errors"
	"html"
)

// OfflinePage is where the site has its app as one page, without a trace.
const OfflinePage = "/web/offline.html"

// TracePlace is where a trace goes into the page, in base64 (RFC 4648, section 4).
const TracePlace = `<script type="text/plain" id="trace">`

// Carry puts a trace into the page.
func Carry(page, trace []byte) ([]byte, error) {
	before, after, ok := bytes.Cut(page, []byte(TracePlace))
	if !ok {
		return nil, errors.New("the site has no page that a trace could go into")
	}
	out := append(append(make([]byte, 0, len(page)+len(trace)*4/3+4), before...), TracePlace...)
	return append(base64.StdEncoding.AppendEncode(out, trace), after...), nil
}

// Embed returns the element that shows this step of this run in somebody's page: url is
// the address of the run's own page. A run that the site has itself is only named. The
// error of a run that is too large for an address says how large it is.
func (r *Run) Embed(url string) (string, error) {
	url += "?embed"
	if q := Query(r.Lab, r.Values, false); q != "" {
		url += "&" + q
	}
	if !r.tape.ours {
		moment, err := r.Moment()
		if err != nil {
			return "", err
		}
		url += "#" + moment
	}
	return `<iframe src="` + html.EscapeString(url) + `" title="` + html.EscapeString("Sockscope: "+Title(r.Lab)) + `" width="100%" height="560" style="border: 1px solid #ccc"></iframe>`, nil
}
