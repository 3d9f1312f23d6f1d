"""The only part of core that knows Streamlit: the lesson's frame, the session, and what pages share."""
