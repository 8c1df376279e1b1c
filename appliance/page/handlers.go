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
	"trunktester/appliance/report"
)

// home is the page itself.
func (s *Server) home(w http.ResponseWriter, r *http.Request) {
	s.render(w, http.StatusOK, "page.html", s.look(s.opt.Box.State()))
}

func (s *Server) explain(w http.ResponseWriter, r *http.Request) {
	cause, ok := catalogue.Find(r.PathValue("code"))
	if !ok {
		s.fail(w, http.StatusNotFound, "There is no such code", "Codes look like 3-2: the light, then the number of flashes.")
		return
	}
	s.render(w, http.StatusOK, "explain.html", cause)
}

// run starts a run for a person.
func (s *Server) run(w http.ResponseWriter, r *http.Request) {
	switch err := s.opt.Box.RunAgain(); {
	case errors.Is(err, ErrTooSoon):
		s.tooSoon(w)
	case err != nil:
		s.broken(w, "run again", err)
	default:
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

func (s *Server) position(w http.ResponseWriter, r *http.Request) {
	p := report.Position(r.PostFormValue("position"))
	if p != report.PositionUnknown && !slices.Contains(report.Positions(), p) || !r.PostForm.Has("position") {
		s.fail(w, http.StatusBadRequest, "No such position", "Choose one of those on the page.")
		return
	}
	if err := s.opt.Box.SetPosition(p); err != nil {
		s.broken(w, "set position", err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// site begins a new history.
func (s *Server) site(w http.ResponseWriter, r *http.Request) {
	if err := s.opt.Box.NewSite(); err != nil {
		s.broken(w, "begin a new site", err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// answers takes what the form holds; what it does not hold stays as it was.
func (s *Server) answers(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.fail(w, http.StatusBadRequest, "The form could not be read", "Go back and try again.")
		return
	}
	answers := s.opt.Box.State().Report.Answers
	yes, no := true, false
	for _, q := range report.Questions() {
		if !r.PostForm.Has(q.Name) {
			continue
		}
		switch r.PostForm.Get(q.Name) {
		case "yes":
			q.Set(&answers, &yes)
		case "no":
			q.Set(&answers, &no)
		case "":
			q.Set(&answers, nil)
		default:
			s.fail(w, http.StatusBadRequest, "No such answer", "Answer yes, no, or not known.")
			return
		}
	}
	if err := s.opt.Box.SetAnswers(answers); err != nil {
		s.broken(w, "set answers", err)
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
		s.fail(w, http.StatusBadRequest, "No such action", "Use the buttons on the page.")
		return
	}
	switch err := s.opt.Box.PBXCheck(action); {
	case errors.Is(err, ErrNotNow):
		s.fail(w, http.StatusConflict, "The PBX check", report.Line(err.Error())+".")
	case err != nil:
		s.broken(w, "PBX check", err)
	default:
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

// consent registers the box for a moment; the form says that the warning was read.
func (s *Server) consent(w http.ResponseWriter, r *http.Request) {
	if r.PostFormValue("agree") != "yes" {
		s.fail(w, http.StatusBadRequest, "Not done", "The box registers itself only when the box under the warning is ticked. Go back and read it.")
		return
	}
	switch err := s.opt.Box.Consent(); {
	case errors.Is(err, ErrTooSoon):
		s.tooSoon(w)
	case errors.Is(err, ErrNotNow):
		s.fail(w, http.StatusConflict, "Not done", report.Line(err.Error())+".")
	case err != nil:
		s.broken(w, "own registration", err)
	default:
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

func (s *Server) tooSoon(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "30")
	s.fail(w, http.StatusTooManyRequests, "A moment, please",
		"The box asks the provider at most once in 30 seconds. Go back and try again in half a minute.")
}

var runID = regexp.MustCompile(`^[0-9A-Za-z-]{1,64}$`)

// chosen is the ID of the run that is asked for; "" after it answered 404.
func (s *Server) chosen(w http.ResponseWriter, r *http.Request) string {
	id := s.opt.Box.State().Report.ID
	if q := r.URL.Query(); q.Has("run") {
		id = q.Get("run")
	}
	if !runID.MatchString(id) {
		s.unknownRun(w)
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
		s.unknownRun(w)
	case err != nil:
		s.broken(w, "read report", err)
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
		s.broken(w, "write report", err)
		return
	}
	called(w, "inline", got, ".json")
	send(w, "application/json", b)
}

func (s *Server) reportText(w http.ResponseWriter, r *http.Request) {
	if got, ok := s.chosenReport(w, r); ok {
		called(w, "inline", got, ".txt")
		send(w, "text/plain; charset=utf-8", []byte(got.TextReport(s.addresses(r)...)))
	}
}

func (s *Server) reportHTML(w http.ResponseWriter, r *http.Request) {
	got, ok := s.chosenReport(w, r)
	if !ok {
		return
	}
	var b bytes.Buffer
	if err := got.HTML(&b, s.addresses(r)...); err != nil {
		s.broken(w, "write report", err)
		return
	}
	called(w, "inline", got, ".html")
	w.Header().Set("Content-Security-Policy", policy("'"+report.StyleHash()+"'"))
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
		s.unknownRun(w)
		return
	}
	if err != nil {
		s.broken(w, "read capture", err)
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

func (s *Server) unknownRun(w http.ResponseWriter) {
	s.fail(w, http.StatusNotFound, "There is no such run", "The box keeps the last 20 runs.")
}

// broken is our own fault: it is logged here, and told without its inside.
func (s *Server) broken(w http.ResponseWriter, what string, err error) {
	s.opt.Log.Error("page", "did", what, "err", err)
	s.fail(w, http.StatusInternalServerError, "The box could not do that", "Unplug it, wait ten seconds, and plug it in again.")
}

type sorry struct{ Title, Text string }

func (s *Server) fail(w http.ResponseWriter, code int, title, text string) {
	s.render(w, code, "sorry.html", sorry{title, text})
}

func (s *Server) render(w http.ResponseWriter, code int, name string, data any) {
	var b bytes.Buffer
	if err := s.pages.ExecuteTemplate(&b, name, data); err != nil {
		s.opt.Log.Error("page", "did", "render "+name, "err", err)
		http.Error(w, "The box could not write this page.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	w.Write(b.Bytes()) // the client has gone when this fails
}
