import { render } from 'preact';
import '../style.css';
import './profile.css';
import { ProfilePage } from './profile-page.tsx';

const root = document.getElementById('app');
if (root) render(<ProfilePage />, root);
