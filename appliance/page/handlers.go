package page

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/report"
)

// home is the page itself.
func (s *Server) home(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "page.html", s.look(language(r), s.opt.Box.State()))
}

func (s *Server) explain(w http.ResponseWriter, r *http.Request) {
	cause, ok := catalogue.Find(r.PathValue("code"))
	if !ok {
		s.fail(w, r, http.StatusNotFound, "code")
		return
	}
	s.render(w, r, http.StatusOK, "explain.html", cause.In(language(r)))
}

// run starts a run for a person.
func (s *Server) run(w http.ResponseWriter, r *http.Request) {
	switch err := s.opt.Box.RunAgain(); {
	case errors.Is(err, ErrTooSoon):
		s.tooSoon(w, r)
	case err != nil:
		s.broken(w, r, "run again", err)
	default:
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

func (s *Server) position(w http.ResponseWriter, r *http.Request) {
	p := report.Position(r.PostFormValue("position"))
	if p != report.PositionUnknown && !slices.Contains(report.Positions(), p) || !r.PostForm.Has("position") {
		s.fail(w, r, http.StatusBadRequest, "position")
		return
	}
	if err := s.opt.Box.SetPosition(p); err != nil {
		s.broken(w, r, "set position", err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// site begins a new history.
func (s *Server) site(w http.ResponseWriter, r *http.Request) {
	if err := s.opt.Box.NewSite(); err != nil {
		s.broken(w, r, "begin a new site", err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// answers takes what the form holds; what it does not hold stays as it was.
func (s *Server) answers(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.fail(w, r, http.StatusBadRequest, "form")
		return
	}
	answers := s.opt.Box.State().Answers
	for _, q := range report.Questions() {
		if !r.PostForm.Has(q.Name) {
			continue
		}
		if err := q.Set(&answers, r.PostForm.Get(q.Name)); err != nil {
			s.fail(w, r, http.StatusBadRequest, "answer")
			return
		}
	}
	if err := s.opt.Box.SetAnswers(answers); err != nil {
		s.broken(w, r, "set answers", err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// pbxCheck begins the PBX check, or does what the form's action says.
func (s *Server) pbxCheck(w http.ResponseWriter, r *http.Request) {
	action := PBXAction(r.PostFormValue("action"))
	if action == "" {
		action = PBXStart
	}
	if !slices.Contains([]PBXAction{PBXStart, PBXEnd, PBXBack}, action) {
		s.fail(w, r, http.StatusBadRequest, "action")
		return
	}
	switch err := s.opt.Box.PBXCheck(action); {
	case errors.Is(err, ErrNotNow):
		s.because(w, r, http.StatusConflict, "pbx-check", err)
	case err != nil:
		s.broken(w, r, "PBX check", err)
	default:
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

// consent registers the box for a moment; the form says that the warning was read.
func (s *Server) consent(w http.ResponseWriter, r *http.Request) {
	if r.PostFormValue("agree") != "yes" {
		s.fail(w, r, http.StatusBadRequest, "consent")
		return
	}
	switch err := s.opt.Box.Consent(); {
	case errors.Is(err, ErrTooSoon):
		s.tooSoon(w, r)
	case errors.Is(err, ErrNotNow):
		s.because(w, r, http.StatusConflict, "consent", err)
	case err != nil:
		s.broken(w, r, "own registration", err)
	default:
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

func (s *Server) tooSoon(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Retry-After", "30")
	s.fail(w, r, http.StatusTooManyRequests, "soon")
}

var runID = regexp.MustCompile(`^[0-9A-Za-z-]{1,64}$`)

// chosen is the ID of the run that is asked for; "" after it answered 404.
func (s *Server) chosen(w http.ResponseWriter, r *http.Request) string {
	id := s.opt.Box.State().Report.ID
	if q := r.URL.Query(); q.Has("run") {
		id = q.Get("run")
	}
	if !runID.MatchString(id) {
		s.unknownRun(w, r)
		return ""
	}
	return id
}

// chosenReport is the run that is asked for, the latest one if none is named.
func (s *Server) chosenReport(w http.ResponseWriter, r *http.Request) (report.Report, bool) {
	id := s.chosen(w, r)
	if id == "" {
		return report.Report{}, false
	}
	if now := s.opt.Box.State().Report; now.ID == id {
		return now, true
	}
	got, err := s.opt.Box.Report(id)
	switch {
	case errors.Is(err, ErrUnknown):
		s.unknownRun(w, r)
	case err != nil:
		s.broken(w, r, "read report", err)
	}
	return got, err == nil
}

func (s *Server) reportJSON(w http.ResponseWriter, r *http.Request) {
	got, ok := s.chosenReport(w, r)
	if !ok {
		return
	}
	b, err := got.JSON()
	if err != nil {
		s.broken(w, r, "write report", err)
		return
	}
	called(w, "inline", got, ".json")
	send(w, "application/json", b)
}

func (s *Server) reportText(w http.ResponseWriter, r *http.Request) {
	if got, ok := s.chosenReport(w, r); ok {
		called(w, "inline", got, ".txt")
		w.Header().Set("Content-Language", language(r).Tag)
		send(w, "text/plain; charset=utf-8", []byte(got.TextReport(language(r), s.addresses(r)...)))
	}
}

func (s *Server) reportHTML(w http.ResponseWriter, r *http.Request) {
	got, ok := s.chosenReport(w, r)
	if !ok {
		return
	}
	var b bytes.Buffer
	if err := got.HTML(&b, language(r), s.addresses(r)...); err != nil {
		s.broken(w, r, "write report", err)
		return
	}
	called(w, "inline", got, ".html")
	w.Header().Set("Content-Security-Policy", policy("'"+report.StyleHash()+"'"))
	w.Header().Set("Content-Language", language(r).Tag)
	send(w, "text/html; charset=utf-8", b.Bytes())
}

// addresses are those of the page, the one that the reader used first.
func (s *Server) addresses(r *http.Request) []string {
	used := "http://" + r.Host + "/"
	others := slices.DeleteFunc(slices.Clone(s.opt.Box.State().At), func(at string) bool { return strings.EqualFold(at, used) })
	return append([]string{used}, others...)
}

func (s *Server) capture(w http.ResponseWriter, r *http.Request) {
	got, ok := s.chosenReport(w, r)
	if !ok {
		return
	}
	id := got.ID
	c, err := s.opt.Box.Capture(id)
	if errors.Is(err, ErrUnknown) {
		s.unknownRun(w, r)
		return
	}
	if err != nil {
		s.broken(w, r, "read capture", err)
		return
	}
	defer c.Close()
	w.Header().Set("Content-Type", "application/x-pcapng")
	called(w, "attachment", got, ".pcapng")
	if _, err := io.Copy(w, c); err != nil {
		s.opt.Log.Debug("capture not sent", "run", id, "err", err)
	}
}

// called names the file for whoever saves it.
func called(w http.ResponseWriter, how string, r report.Report, ending string) {
	w.Header().Set("Content-Disposition", fmt.Sprintf(`%s; filename="%s%s"`, how, r.FileName(), ending))
}

func (s *Server) asset(kind string, b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { send(w, kind, b) }
}

func send(w http.ResponseWriter, kind string, b []byte) {
	w.Header().Set("Content-Type", kind)
	w.Write(b) // the client has gone when this fails
}

func (s *Server) unknownRun(w http.ResponseWriter, r *http.Request) {
	s.fail(w, r, http.StatusNotFound, "run")
}

// broken is our own fault: it is logged here, and told without its inside.
func (s *Server) broken(w http.ResponseWriter, r *http.Request, what string, err error) {
	s.opt.Log.Error("page", "did", what, "err", err)
	s.fail(w, r, http.StatusInternalServerError, "broken")
}

type sorry struct {
	Title string
	Text  report.Phrase
}

// fail says why something was not done, by the catalogue's key of that.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, code int, why string) {
	l := language(r)
	s.render(w, r, code, "sorry.html", sorry{l.Say("sorry." + why + ".title"), report.Plain(l.Say("sorry." + why + ".text"))})
}

// because says that something is not possible now, and why: the error holds a words.Error.
func (s *Server) because(w http.ResponseWriter, r *http.Request, code int, what string, err error) {
	l := language(r)
	said := report.Here(l, err.Error()+".")
	if why := words.Error(""); errors.As(err, &why) {
		said = report.Plain(why.In(l))
	}
	s.render(w, r, code, "sorry.html", sorry{l.Say("sorry." + what + ".title"), said})
}

// render writes a page in the reader's language.
func (s *Server) render(w http.ResponseWriter, r *http.Request, code int, name string, data any) {
	l := language(r)
	var b bytes.Buffer
	if err := s.pages[l.Tag].ExecuteTemplate(&b, name, data); err != nil {
		s.opt.Log.Error("page", "did", "render "+name, "err", err)
		http.Error(w, l.Say("refused.page"), http.StatusInternalServerError)
		return
	}
	remember(w, r)
	w.Header().Set("Content-Language", l.Tag)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	w.Write(b.Bytes()) // the client has gone when this fails
}
